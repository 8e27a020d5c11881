'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const {rules, repositories, owners, accounts, contexts, statuses, severities, changes, reaches} = data;
  const rows = data.rows.map(([id, severity, status, change, key, kind, mode, account, confidence, rules, messages, places, more, exposures, trace, owners, steps]) =>
    ({id, severity, status, change, key, kind, mode, account, confidence, rules, messages, places, more, exposures, trace, owners, steps}));
  const OPEN = statuses.indexOf('open');
  const SAME = 2;
  const GONE = 3;
  const PAGE = 100;
  const MOST_PRINTED = 2000;

  // Elements. Text is only ever set as text: nothing of the report is parsed as markup.
  const h = (name, attributes, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (value === null || value === false || value === undefined) continue;
      if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
      else element.setAttribute(key, value === true ? '' : String(value));
    }
    element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ''));
    return element;
  };
  const svg = (name, attributes, ...children) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    element.append(...children);
    return element;
  };
  const byId = (id) => document.getElementById(id);
  const plural = (count, noun) => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
  const title = (word) => word[0].toUpperCase() + word.slice(1);
  const day = (date) => (date || '').slice(0, 10);
  const short = (text, most = 60) => (text.length > most ? text.slice(0, most - 1) + '…' : text);

  // The values of a row that filters and columns use, worked out once.
  const isNow = (place) => place.reach < data.past;
  for (const row of rows) {
    row.places = row.places.map(([at, repository, reach, contexts, remarks, owned, snippet, url]) => ({at, repository, reach, contexts, remarks, owners: owned, snippet, url}));
    row.exposures = row.exposures.map(([repository, introduced, removed, in_head, days, refs, refs_total]) => ({
      repository, introduced: introduced?.[0], introduced_in: introduced?.[1], introduced_by: introduced?.[2],
      removed: removed?.[0], removed_in: removed?.[1], removed_by: removed?.[2], in_head, days, refs, refs_total,
    }));
    row.now = row.places.filter(isNow).length;
    row.past = row.places.length - row.now + row.more;
    const indexes = (pick) => [...new Set(row.places.flatMap(pick))];
    row.repositories = indexes((place) => [place.repository]);
    for (const exposure of row.exposures) if (!row.repositories.includes(exposure.repository)) row.repositories.push(exposure.repository);
    row.contexts = indexes((place) => place.contexts);
    row.days = Math.max(-1, ...row.exposures.map((exposure) => exposure.days ?? -1));
    row.refs = row.exposures.reduce((sum, exposure) => sum + exposure.refs_total, 0);
    row.title = rules[row.rules[0]].title;
    row.mode = row.mode || '';
  }
  const times = rows.flatMap((row) => row.exposures.flatMap((one) => [one.introduced, one.removed])).filter(Boolean).map(Date.parse);
  const from = times.reduce((a, b) => Math.min(a, b), Infinity);
  const until = times.reduce((a, b) => Math.max(a, b), -Infinity);
  const text = (row) => (row.text ??= [
    row.title, row.key, row.id, row.mode, row.messages.join(' '),
    row.account === null ? '' : accounts[row.account][0],
    ...row.owners.map((at) => owners[at]), ...row.repositories.map((at) => repositories[at]),
    ...row.rules.map((at) => rules[at].id), ...row.places.map((place) => place.at),
  ].join('\n').toLowerCase());

  // Columns: name, cell, key to sort by.
  const ageOf = (created) => {
    const years = (Date.now() - Date.parse(created)) / 31557600000;
    return years >= 1 ? `${Math.floor(years)} y old` : `${Math.max(0, Math.floor(years * 12))} mo old`;
  };
  const listed = (names) => [
    ...names.slice(0, 2).map((name) => h('bdi', {class: 'item'}, short(name))),
    names.length > 2 ? h('span', {class: 'sub'}, `and ${names.length - 2} more`) : null,
  ];
  const severity = (at) => h('span', {class: `sev ${severities[at]}`}, severities[at]);
  const bar = (row) => {
    const known = row.exposures.filter((one) => one.introduced);
    if (known.length === 0) return h('span', {class: 'aside'}, row.exposures.some((one) => one.in_head) ? 'in HEAD' : '–');
    const x = (time) => (until > from ? (100 * (time - from)) / (until - from) : 0);
    const spans = known.map((one) => [x(Date.parse(one.introduced)), x(one.removed ? Date.parse(one.removed) : until), one.in_head]);
    const words = known.map((one) => `${day(one.introduced)} to ${one.removed ? day(one.removed) : 'HEAD'}`).join(', ');
    return [
      svg('svg', {class: 'bar', viewBox: '0 0 100 8', preserveAspectRatio: 'none', role: 'img', 'aria-label': `exposed ${words}`},
        svg('rect', {class: 'track', x: 0, y: 3, width: 100, height: 2}),
        ...spans.map(([start, end, inHead]) => svg('rect', {class: inHead ? 'now' : 'span', x: Math.min(start, 98.5), y: 1, width: Math.max(1.5, end - start), height: 6}))),
      h('span', {class: 'sub'}, `${plural(Math.max(0, row.days), 'day')}${known.some((one) => one.in_head) ? ', still in HEAD' : ''}`),
    ];
  };
  const accountCell = (row) => {
    if (row.account === null) return h('span', {class: 'aside'}, row.key ? 'not in the key' : '–');
    const [name, created] = accounts[row.account];
    return [h('span', {class: 'key'}, name), created ? h('span', {class: 'sub'}, `since ${day(created)}, ${ageOf(created)}`) : null];
  };
  const COLUMNS = [
    ['Severity', 88, (row) => severity(row.severity), (row) => -row.severity],
    ['Credential', 154, (row) => [h('span', {class: 'clamp'}, row.title), row.rules.length > 1 ? h('span', {class: 'sub'}, `+ ${row.rules.slice(1).map((at) => rules[at].id).join(', ')}`) : null], (row) => row.title],
    ['Mode', 72, (row) => h('span', {class: row.mode === 'live' ? 'live' : ''}, row.mode || '–'), (row) => row.mode],
    ['Account', 172, accountCell, (row) => (row.account === null ? '\uffff' : accounts[row.account][0])],
    ['Key', 158, null, (row) => row.key || '\uffff'],
    ['Now', 44, (row) => row.now.toLocaleString('en'), (row) => -row.now],
    ['History', 58, (row) => row.past.toLocaleString('en'), (row) => -row.past],
    ['Exposure', 122, bar, (row) => -row.days],
    ['Refs', 52, (row) => (row.exposures.length ? row.refs.toLocaleString('en') : '–'), (row) => -row.refs],
    ['Repositories', 112, (row) => listed(row.repositories.map((at) => repositories[at])), (row) => -row.repositories.length],
    ['Owners', 134, (row) => (row.owners.length ? listed(row.owners.map((at) => owners[at])) : h('span', {class: 'aside'}, 'nobody')), (row) => (row.owners.length ? owners[row.owners[0]] : '\uffff')],
    ['Status', 66, (row) => (row.change === GONE ? h('span', {class: 'aside'}, changes[GONE]) : [h('span', {class: row.status === OPEN ? 'live' : 'aside'}, data.status_words[row.status]), row.change === null || row.change === SAME ? null : h('span', {class: 'sub'}, changes[row.change])]), (row) => -row.status],
  ];
  const NUMBERS = new Set(['Now', 'History', 'Refs']);

  // The state of the view, which the fragment holds. What is in it is checked against what there is.
  const names = (list) => new Map(list.map((name, at) => [name, at]));
  // Every filter says which of its values a row has; the last value may stand for none.
  const plain = (name) => name;
  const FILTERS = {
    severity: {label: 'Severity', values: names(severities), of: (row) => [row.severity], words: plain},
    status: {label: 'Status', values: names(statuses), of: (row) => [row.status], words: (_, at) => data.status_words[at]},
    change: {label: 'Change', values: names(changes), of: (row) => (row.change === null ? [] : [row.change]), words: plain},
    rule: {label: 'Rule', values: names(rules.map((rule) => rule.id)), of: (row) => row.rules, words: plain},
    context: {label: 'Context', values: names(contexts), of: (row) => row.contexts, words: plain},
    account: {label: 'Account', values: names([...accounts.map(([name]) => name), '-']), of: (row) => [row.account ?? accounts.length], words: (name) => (name === '-' ? 'not in the key' : name)},
    owner: {label: 'Owner', values: names([...owners, '-']), of: (row) => (row.owners.length ? row.owners : [owners.length]), words: (name) => (name === '-' ? 'nobody' : name)},
    repository: {label: 'Repository', values: names(repositories), of: (row) => row.repositories, words: plain},
  };
  // The values that rows have, with their number: the most frequent ones, as a list of all would be of no use.
  const options = Object.fromEntries(Object.entries(FILTERS).map(([name, filter]) => {
    const counts = [...filter.values].map(([value, at]) => [value, 0, at]);
    for (const row of rows) for (const at of filter.of(row)) counts[at][1] += 1;
    const most = counts.filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a).slice(0, 1000);
    const ordered = name === 'severity' ? (a, b) => b[2] - a[2] : name === 'status' || name === 'context' ? (a, b) => a[2] - b[2] : (a, b) => (a[0] < b[0] ? -1 : 1);
    return [name, most.sort(ordered)];
  }));
  const VIEWS = {credentials: 'Credentials', accounts: 'By account', owners: 'By owner', repositories: 'By repository'};
  const read = () => {
    const wanted = new URLSearchParams(location.hash.slice(1, 4000));
    const state = {view: 'credentials', q: (wanted.get('q') || '').slice(0, 200), sort: '', down: wanted.get('down') === '1', page: 0, open: ''};
    if (Object.hasOwn(VIEWS, wanted.get('view') || '')) state.view = wanted.get('view');
    if (COLUMNS.some(([name]) => name === wanted.get('sort'))) state.sort = wanted.get('sort');
    if (/^\d{1,6}$/.test(wanted.get('page') || '')) state.page = Number(wanted.get('page'));
    if (/^[0-9a-f]{32}$/.test(wanted.get('open') || '')) state.open = wanted.get('open');
    for (const name of Object.keys(FILTERS)) {
      const value = wanted.get(name);
      state[name] = value !== null && FILTERS[name].values.has(value) ? value : '';
    }
    return state;
  };
  let state = read();
  const save = () => {
    const fragment = new URLSearchParams();
    for (const [name, value] of Object.entries(state)) {
      if (value && !(name === 'view' && value === 'credentials')) fragment.set(name, value === true ? '1' : String(value));
    }
    try {
      history.replaceState(null, '', '#' + fragment);
    } catch {
      // In a sandbox the address stays as it is.
    }
  };
  const go = (change, focus) => {
    state = {...state, page: 0, ...change};
    save();
    draw(focus);
  };

  const filtered = () => {
    const tests = Object.entries(FILTERS).filter(([name]) => state[name]).map(([name, filter]) => [filter.of, filter.values.get(state[name])]);
    const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    const found = rows.filter((row) => tests.every(([of, at]) => of(row).includes(at)) && words.every((word) => text(row).includes(word)));
    const column = COLUMNS.find(([name]) => name === state.sort);
    if (!column) return state.down ? found.reverse() : found;
    const keyed = found.map((row, at) => [column[3](row), at, row]);
    const sign = state.down ? -1 : 1;
    keyed.sort(([a, i], [b, j]) => (a < b ? -sign : a > b ? sign : i - j));
    return keyed.map(([, , row]) => row);
  };

  // Details of a row.
  const link = (word) => /^https:\/\/[\w./?=&%#~:+-]+$/.test(word) ? h('a', {href: word, rel: 'noopener noreferrer', target: '_blank'}, word) : word;
  const prose = (line) => line.split('`').map((part, at) => (at % 2 ? h('code', {}, part) : part.split(/( )/).map(link)));
  const place = (at) => h('li', {},
    at.url && at.url.startsWith('https://') ? h('a', {class: 'path', href: at.url, rel: 'noopener noreferrer', target: '_blank'}, at.at) : h('bdi', {class: 'path strong'}, at.at),
    h('span', {class: 'sub'}, [reaches[at.reach], ...at.contexts.map((one) => data.context_words[one]), ...at.remarks].join(' · ')),
    at.owners.length ? h('span', {class: 'sub'}, `owned by ${at.owners.map((one) => owners[one]).join(', ')}`) : null,
    at.snippet ? h('pre', {}, at.snippet[0], h('mark', {}, at.snippet[1]), at.snippet[2]) : null);
  const exposed = (one, several) => h('li', {},
    several ? h('bdi', {class: 'strong'}, repositories[one.repository]) : null,
    h('span', {class: 'sub'}, one.introduced ? `introduced ${day(one.introduced)} in ${one.introduced_in}${one.introduced_by ? ` by ${one.introduced_by}` : ''}` : 'in no commit’s tree'),
    one.removed ? h('span', {class: 'sub'}, `removed ${day(one.removed)} in ${one.removed_in}${one.removed_by ? ` by ${one.removed_by}` : ''}`) : null,
    h('span', {class: 'sub'}, one.in_head ? 'still in HEAD' : 'not in HEAD', one.days === null ? '' : `, ${plural(one.days, 'day')}`),
    h('span', {class: 'sub'}, one.refs_total ? `still reachable from ${plural(one.refs_total, 'ref')}: ${one.refs.join(', ')}${one.refs_total > one.refs.length ? ', …' : ''}` : 'reachable from no ref'));
  const advice = (row, at) => {
    const rule = rules[at];
    const steps = (data.steps[row.steps[row.rules.indexOf(at)]] || []).map((step) => step.replaceAll('{last4}', row.key ? row.key.slice(-4) : ''));
    return [h('h4', {}, rule.title), rule.why ? h('p', {}, prose(rule.why)) : null, steps.length ? h('ol', {}, steps.map((step) => h('li', {}, prose(step)))) : null];
  };
  const MOST = 200;
  const detail = (row) => h('div', {class: 'cols'},
    h('div', {},
      row.messages.length ? [h('h3', {}, 'What'), row.messages.map((message) => h('p', {}, prose(message)))] : null,
      h('h3', {}, plural(row.places.length + row.more, 'place')),
      h('ul', {class: 'places'}, row.places.slice(0, MOST).map(place)),
      row.places.length > MOST || row.more ? h('p', {class: 'aside'}, `and ${plural(row.places.length - Math.min(MOST, row.places.length) + row.more, 'more place')}; the JSON report lists what is known of them`) : null,
      row.trace.length ? [h('h3', {}, 'Why it is reported'), h('ol', {}, row.trace.map(([message, at]) => h('li', {}, prose(message), h('bdi', {class: 'path sub'}, at))))] : null,
      row.exposures.length ? [h('h3', {}, 'Exposure'), h('ul', {class: 'places'}, row.exposures.map((one) => exposed(one, repositories.length > 1)))] : null,
      h('h3', {}, 'Identity'), h('p', {class: 'sub'}, row.kind ? `${row.kind}, confidence ${row.confidence}` : `confidence ${row.confidence}`, ', fingerprint ', h('code', {}, row.id))),
    h('div', {}, h('h3', {}, 'What to do'), row.rules.map((at) => advice(row, at))));

  // Tables.
  const scale = COLUMNS.reduce((sum, [, width]) => sum + width, 0);
  const table = (columns, body) => h('table', {class: 'list', role: 'table'},
    h('colgroup', {}, columns.map(([, width]) => h('col', {width: `${((100 * width) / scale).toFixed(2)}%`}))),
    h('thead', {role: 'rowgroup'}, h('tr', {role: 'row'}, columns.map(([, , cell], at) => cell(at)))),
    h('tbody', {role: 'rowgroup'}, body));
  const sortable = ([name]) => h('th', {scope: 'col', role: 'columnheader', class: NUMBERS.has(name) ? 'number' : null, 'aria-sort': state.sort === name ? (state.down ? 'descending' : 'ascending') : null},
    h('button', {type: 'button', id: `sort-${name}`, onclick: () => go({sort: name, down: state.sort === name && !state.down}, `sort-${name}`)}, name));
  const credentialRow = (row) => {
    const shown = state.open === row.id;
    const toggle = h('button', {
      type: 'button', class: 'open-row', id: `row-${row.id}`, 'aria-expanded': String(shown),
      onclick: () => go({open: shown ? '' : row.id, page: state.page}, `row-${row.id}`),
      onkeydown: step,
    }, row.key ? h('span', {class: 'key'}, row.key) : 'no key in it');
    const cells = COLUMNS.map(([name, , cell], at) => h('td', {role: 'cell', 'data-label': name, class: at === 1 ? 'lead' : NUMBERS.has(name) ? 'number' : null}, cell ? cell(row) : toggle));
    const line = h('tr', {role: 'row', class: shown ? 'row shown' : 'row'}, cells);
    return shown ? [line, h('tr', {role: 'row', class: 'detail-row'}, h('td', {role: 'cell', class: 'detail', colspan: COLUMNS.length}, detail(row)))] : [line];
  };
  const step = (event) => {
    const by = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (!by) return;
    const all = [...document.querySelectorAll('.open-row')];
    const next = all[all.indexOf(event.currentTarget) + by];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  };
  const GROUPS = {accounts: 'account', owners: 'owner', repositories: 'repository'};
  const groupTable = (found) => {
    const filter = GROUPS[state.view];
    const values = [...FILTERS[filter].values.keys()];
    const groups = new Map();
    for (const row of found) for (const key of FILTERS[filter].of(row)) groups.has(key) ? groups.get(key).push(row) : groups.set(key, [row]);
    const open = (group, at) => group.filter((row) => row.status === OPEN && row.severity === at).length;
    const worst = [4, 3, 2, 1, 0];
    const sorted = [...groups].sort(([a, x], [b, y]) => worst.map((at) => open(y, at) - open(x, at)).find((by) => by !== 0) || y.length - x.length || (values[a] < values[b] ? -1 : 1));
    const other = filter === 'account' ? 'Owners' : 'Accounts';
    const columns = [
      [FILTERS[filter].label, 270], ...worst.slice(0, 4).map((at) => [title(severities[at]), 74]), ['All', 56], ['In places now', 84],
      ['Modes', 132], ...(filter === 'repository' ? [] : [['Repositories', 150]]), [other, 170], ['Longest', 90],
    ];
    const head = columns.map(([name, width]) => [name, width, () => h('th', {scope: 'col', role: 'columnheader'}, name)]);
    const cell = (label, lead, ...content) => h('td', {role: 'cell', 'data-label': label, class: lead ? 'lead' : null}, ...content);
    const body = sorted.slice(0, 1000).map(([key, group]) => {
      const modes = new Map();
      for (const row of group) if (row.mode) modes.set(row.mode, (modes.get(row.mode) || 0) + 1);
      const mixed = filter === 'account' && modes.has('live') && modes.has('test');
      const others = filter === 'account' ? [...new Set(group.flatMap((row) => row.owners))].map((at) => owners[at]) : [...new Set(group.map((row) => row.account).filter((at) => at !== null))].map((at) => accounts[at][0]);
      const created = filter === 'account' && accounts[key] && accounts[key][1];
      const days = Math.max(-1, ...group.map((row) => row.days));
      return h('tr', {role: 'row', class: 'row'},
        cell(FILTERS[filter].label, true, h('button', {type: 'button', class: 'open-row group', onkeydown: step, onclick: () => go({view: 'credentials', [filter]: values[key]}, 'credentials')}, h('bdi', {class: 'key'}, short(FILTERS[filter].words(values[key], key), 200))), created ? h('span', {class: 'sub'}, `since ${day(created)}, ${ageOf(created)}`) : null),
        ...worst.slice(0, 4).map((at) => cell(title(severities[at]), false, open(group, at) ? h('span', {class: `sev ${severities[at]}`}, open(group, at).toLocaleString('en')) : h('span', {class: 'aside'}, '–'))),
        cell('All', false, group.length.toLocaleString('en')),
        cell('In places now', false, group.filter((row) => row.now > 0).length.toLocaleString('en')),
        cell('Modes', false, [...modes].map(([mode, count]) => `${count.toLocaleString('en')} ${mode}`).join(', ') || '–', mixed ? h('span', {class: 'warn sub'}, 'modes mixed') : null),
        filter === 'repository' ? null : cell('Repositories', false, listed([...new Set(group.flatMap((row) => row.repositories))].map((at) => repositories[at]))),
        cell(other, false, others.length ? listed(others) : h('span', {class: 'aside'}, '–')),
        cell('Longest', false, days >= 0 ? plural(days, 'day') : h('span', {class: 'aside'}, '–')));
    });
    return [table(head, body), sorted.length > 1000 ? h('p', {class: 'aside'}, `and ${plural(sorted.length - 1000, 'more group')}; filter to see them`) : null];
  };

  let printing = false;
  const draw = (focus) => {
    const found = filtered();
    const size = printing ? MOST_PRINTED : PAGE;
    const pages = Math.max(1, Math.ceil(found.length / size));
    const page = Math.min(printing ? 0 : state.page, pages - 1);
    const start = page * size;
    const isList = state.view === 'credentials';
    const shown = isList ? found.slice(start, start + size) : found;
    byId('views').replaceChildren(...Object.entries(VIEWS).map(([name, label]) => h('button', {type: 'button', id: `view-${name}`, 'aria-current': state.view === name ? 'page' : null, onclick: () => go({view: name}, `view-${name}`)}, label)));
    const range = found.length > size && isList ? `${(start + 1).toLocaleString('en')}–${(start + shown.length).toLocaleString('en')} of ` : '';
    const all = found.length === rows.length ? '' : ` of ${rows.length.toLocaleString('en')}`;
    const cut = printing && found.length > size ? '. The print is cut here; filter to print the others' : '';
    byId('count').textContent = found.length ? `${range}${plural(found.length, 'credential')}${all}${cut}` : rows.length ? 'No credential matches these filters.' : 'No credentials were found.';
    const columns = COLUMNS.map((column) => [column[0], column[1], () => sortable(column)]);
    byId('table').replaceChildren(...(found.length === 0 ? [] : isList ? [table(columns, shown.flatMap(credentialRow))] : groupTable(found)).filter(Boolean));
    const turn = (to, label, id) => h('button', {type: 'button', id, disabled: to < 0 || to >= pages, onclick: () => { go({page: to}, id); byId('app').scrollIntoView(); }}, label);
    byId('pages').replaceChildren(...(isList && pages > 1 && !printing ? [turn(page - 1, 'Previous', 'previous'), h('span', {}, `Page ${(page + 1).toLocaleString('en')} of ${pages.toLocaleString('en')}`), turn(page + 1, 'Next', 'next')] : []));
    for (const name of Object.keys(FILTERS)) if (byId(`filter-${name}`)) byId(`filter-${name}`).value = state[name];
    if (byId('search').value !== state.q) byId('search').value = state.q;
    const element = focus && byId(focus);
    if (element && !element.disabled) element.focus();
  };

  // The form, made once.
  let typing = 0;
  const search = h('input', {id: 'search', type: 'search', autocomplete: 'off', spellcheck: 'false', placeholder: 'path, key, owner, rule …', oninput: (event) => {
    clearTimeout(typing);
    const q = event.target.value.slice(0, 200);
    typing = setTimeout(() => go({q}), 120);
  }});
  const select = ([name, filter]) => options[name].length < 2 && !state[name] ? null : h('label', {}, filter.label,
    h('select', {id: `filter-${name}`, onchange: (event) => go({[name]: event.target.value})},
      h('option', {value: ''}, 'all'),
      options[name].map(([value, count]) => h('option', {value}, short(filter.words(value, filter.values.get(value)), 70) + ` (${count.toLocaleString('en')})`))));
  const clear = h('button', {type: 'button', id: 'clear', onclick: () => go({q: '', ...Object.fromEntries(Object.keys(FILTERS).map((name) => [name, '']))}, 'search')}, 'Clear');
  byId('filters').append(h('label', {}, 'Search', search), ...Object.entries(FILTERS).map(select).filter(Boolean), clear);
  byId('filters').addEventListener('submit', (event) => event.preventDefault());
  byId('tally').append(...[4, 3, 2, 1, 0].map((at) => [at, rows.filter((row) => row.status === OPEN && row.severity === at).length]).filter(([, count]) => count > 0)
    .map(([at, count]) => h('button', {type: 'button', onclick: () => go({view: 'credentials', severity: severities[at], status: 'open'}, 'credentials')}, h('span', {class: `figure ${severities[at]}`}, count.toLocaleString('en')), ` ${severities[at]}`)));
  addEventListener('hashchange', () => {
    // An address inside of the page is no state.
    if (/^#[a-z]+$/.test(location.hash)) return;
    state = read();
    draw();
  });
  addEventListener('beforeprint', () => { printing = true; draw(); });
  addEventListener('afterprint', () => { printing = false; draw(); });
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    event.preventDefault();
    search.focus();
  });
  byId('app').hidden = false;
  draw();
})();
