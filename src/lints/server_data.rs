//! Secrets in what servers send: what handlers and loaders return, and what is given to a response or a page.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use regex::bytes::Regex;

use super::paths::file_name;
use super::secret_values::SecretValues;
use super::source_file::SourceSpan;
use super::variable_names::lists;
use super::word_list::WordList;
use crate::code::model::{Code, Kind, NodeId};
use crate::rules::pattern;

/// Nodes of the marks of a function that are looked at.
const MAX_MARKS: usize = 60;

/// Marks of methods that are routes.
const VERBS: &str =
    "Get Post Put Patch Delete All GET POST PUT PATCH DELETE GetMapping PostMapping PutMapping RequestMapping";

/// Functions whose results frameworks send to the browser, by name.
const LOADERS: &str = "getServerSideProps getStaticProps getInitialProps loader clientLoader";

struct Words {
    sends: Regex,
    holds: Regex,
    handles: Regex,
}

fn vocabulary() -> Option<&'static Words> {
    static WORDS: OnceLock<Option<Words>> = OnceLock::new();
    let compile = |name: &str| pattern::compile_lint(&format!("%{name}%")).ok();
    let build = || {
        Some(Words { sends: compile("data-sends")?, holds: compile("data-holds")?, handles: compile("data-handles")? })
    };
    WORDS.get_or_init(build).as_ref()
}

/// Pieces of code that send something.
static SENDERS: WordList = WordList::new(&[
    "son(",
    "SON(",
    "sonp(",
    ".send(",
    ".end(",
    "rite(",
    ".finish(",
    ".html(",
    ".body",
    "ender(",
    "View(",
    "view(",
    "erverSideProps",
    "StaticProps",
    "load(",
    "EventHandler",
    "ServerFn",
    "@router.",
    "_bp.",
    ".get(",
    ".route(",
    "Mapping(",
    "addAttribute",
    "odel.put",
    "Inertia",
    "Encode(",
    " Ok(",
    "sonResult",
    "ViewBag",
    "MapGet",
    ".respond",
    "get_context_data",
    "use server",
    "@Get",
    "@Path",
    "GET(",
    "get '",
    "get \"",
    "Procedure",
    "andler =",
    "andler:",
    "assign(",
    ".result(",
    "jsonify",
    "@app.",
    "wp_",
    "json:",
    "={process.env",
    "ey={",
    "ecret={",
    "__html:",
    "@bp.",
    "load =",
    ".HTML(",
    "@api.",
    "InitialProps",
    "POST(",
    "ViewData",
    "addObject",
    "GET =",
    "MapPost",
    "OkObject",
]);

/// Words of code that sends something, and of texts in any language.
static WORDS_OF_TEXTS: WordList = WordList::new(&["esponse", "oader", "gon.", "echo ", "print ", "render"]);

/// Texts of which one is in every match of `data-secret`.
static SECRET_WORDS: WordList =
    WordList::new(&["tripe", "TRIPE", "k_live_", "k_test_", "process.env", "os.environ", "toObject", "ENV"]);

/// Returns true if a text names a secret, or a whole environment, and may send something: parsing takes long.
pub(super) fn may_send(bytes: &[u8]) -> bool {
    static SECRETS: OnceLock<Option<Regex>> = OnceLock::new();
    static CALLS: OnceLock<Option<Regex>> = OnceLock::new();
    let compile = |name: &str| pattern::compile_lint(name).ok();
    let secrets = SECRETS.get_or_init(|| compile("%data-secret%")).as_ref();
    let calls = || CALLS.get_or_init(|| compile("%data-calls%")).as_ref().is_none_or(|calls| calls.is_match(bytes));
    secrets.is_none_or(|secrets| SECRET_WORDS.is_matched(bytes, secrets))
        && (SENDERS.is_in(bytes) || WORDS_OF_TEXTS.is_in(bytes) && calls())
}

/// Returns the secrets that a file sends, each at its first place.
pub(super) fn spans(path: &str, code: &Code) -> Vec<SourceSpan> {
    let Some(words) = vocabulary() else { return Vec::new() };
    let Some(values) = SecretValues::new(code) else { return Vec::new() };
    let sent = SentData { path, code, routes: routes(code), words };
    let mut spans: Vec<SourceSpan> = Vec::new();
    for (id, node) in code.nodes() {
        for (by, value, whole) in sent.values(id, node.kind) {
            let found = values.secret(value, whole);
            spans.extend(found.map(|(place, secret)| SourceSpan {
                span: code.span(place),
                identity: Some(format!("{by} {secret}")),
                evidence: Some((code.span(id).start, format!("`{by}` sends it"))),
                value: Some(secret),
                name: Some(by.clone()),
                component: sent.component(id),
            }));
        }
    }
    spans.sort_by_key(|found| (found.span.start, found.span.end));
    spans.dedup_by_key(|found| found.span.start);
    spans
}

/// By which function, the value, and true if a whole environment counts.
type Sent = (String, NodeId, bool);

struct SentData<'a> {
    path: &'a str,
    code: &'a Code,
    routes: BTreeSet<NodeId>,
    words: &'static Words,
}

impl SentData<'_> {
    /// Returns what a node sends: by which function, the value, and true if a whole environment counts.
    fn values(&self, id: NodeId, kind: Kind) -> Vec<Sent> {
        let code = self.code;
        match kind {
            Kind::Call => self.called(id),
            Kind::Element => self.element(id),
            Kind::Assign => self.assigned(code.path(code.child(id, 0)), code.child(id, 1)),
            Kind::Pair => self.assigned(code.name(code.child(id, 0)).to_owned(), code.child(id, 1)),
            Kind::Function if self.is_loader(code.name(id)) || self.is_route(id) || self.routes.contains(&id) => {
                self.returned(id, code.name(id))
            }
            _ => Vec::new(),
        }
    }

    /// Returns what a component of another module is given, and what is written into a page as it is.
    fn element(&self, id: NodeId) -> Vec<Sent> {
        let code = self.code;
        let name = code.path(code.child(id, 0));
        let attributes = code.children(id).get(1..).unwrap_or_default().iter().copied();
        let attributes = attributes.filter(|at| code.kind(*at) == Kind::Pair);
        if name.starts_with(|first: char| first.is_ascii_uppercase()) {
            return attributes.map(|pair| (name.clone(), code.child(pair, 1), true)).collect();
        }
        let is_raw = |pair: &NodeId| code.name(code.child(*pair, 0)) == "dangerouslySetInnerHTML";
        attributes.filter(is_raw).map(|pair| (name.clone(), code.child(pair, 1), true)).collect()
    }

    /// Returns the module from which an element's component is imported; empty for none, `None` if it is no element.
    fn component(&self, id: NodeId) -> Option<String> {
        let code = self.code;
        let element = code.child(id, 0);
        let is_component = code.kind(id) == Kind::Element && code.path(element).starts_with(|c: char| c.is_uppercase());
        let path = is_component.then(|| code.path(element))?;
        let local = path.split('.').next().unwrap_or_default();
        let imports = code.children(code.root()).iter().filter(|at| code.kind(**at) == Kind::Import);
        let brings = |at: &&NodeId| code.children(**at).iter().any(|alias| code.name(code.child(*alias, 0)) == local);
        Some(imports.copied().find(|at| brings(&at)).map(|at| code.name(at).to_owned()).unwrap_or_default())
    }

    fn says(&self, words: &Regex, path: &str) -> bool {
        words.is_match(format!("{} {path}", self.code.dialect.name).as_bytes())
    }

    fn called(&self, id: NodeId) -> Vec<Sent> {
        let code = self.code;
        let callee = code.path(code.child(id, 0));
        let arguments = code.children(id).get(1..).unwrap_or_default();
        if self.says(&self.words.sends, &callee) && self.goes_out(id) {
            let is_page = callee.ends_with("ender") || callee == "view";
            return arguments.iter().map(|value| (callee.clone(), *value, !is_page)).collect();
        }
        if self.says(&self.words.handles, &callee) {
            let handlers = arguments.iter().filter(|node| code.kind(**node) == Kind::Function);
            return handlers.flat_map(|node| self.returned(*node, &callee)).collect();
        }
        Vec::new()
    }

    /// Returns false for an encoder that writes into something else than a response.
    fn goes_out(&self, call: NodeId) -> bool {
        let code = self.code;
        let made = code.child(code.child(call, 0), 0);
        let name = code.name(code.child(made, 1));
        code.name(code.child(call, 0)) != "Encode" || lists("w rw writer Writer res resp response", name)
    }

    /// A function that is given a name which says that a framework calls it, and fields that are sent.
    fn assigned(&self, name: String, value: NodeId) -> Vec<Sent> {
        let code = self.code;
        let function = match code.kind(value) {
            Kind::Function => Some(value),
            // `export const loader = withUser(async () => …)`
            Kind::Call => code.children(value)[1..].iter().copied().find(|node| code.kind(*node) == Kind::Function),
            _ => None,
        };
        match function {
            Some(function) if self.is_loader(&name) => self.returned(function, &name),
            // `exports.handler` of a cloud's function
            Some(function) if name.ends_with("handler") && code.dialect.name == "javascript" => {
                let answers = self.returned(function, &name);
                let status = |(_, value, _): &Sent| name == "handler" || self.has_key(*value, "statusCode");
                answers.into_iter().filter(status).collect()
            }
            _ if self.says(&self.words.holds, &name) => vec![(name, value, true)],
            _ => Vec::new(),
        }
    }

    fn has_key(&self, object: NodeId, key: &str) -> bool {
        self.code.children(object).iter().any(|pair| self.code.name(self.code.child(*pair, 0)) == key)
    }

    fn is_loader(&self, name: &str) -> bool {
        let name = name.rsplit('.').next().unwrap_or(name);
        let (file, language) = (file_name(self.path), self.code.dialect.name);
        let verb = lists("GET POST PUT PATCH DELETE", name);
        let is_loader = match language {
            "javascript" => lists(LOADERS, name) || verb || name == "load" && file.starts_with('+'),
            "python" => name == "get_context_data",
            "php" => name == "share" && file.starts_with("HandleInertia"),
            _ => false,
        };
        is_loader && !name.is_empty()
    }

    /// Returns true for `@app.get("/config")`.
    fn is_route(&self, function: NodeId) -> bool {
        let code = self.code;
        let inner = |node: NodeId| code.children(node).iter().copied();
        let decorators = inner(code.child(function, 2)).flat_map(inner);
        code.dialect.name == "python"
            && decorators.map(|node| code.path(node)).any(|path| self.says(&self.words.handles, &path))
    }

    /// Returns what a function returns, without the functions in it.
    fn returned(&self, function: NodeId, by: &str) -> Vec<Sent> {
        let code = self.code;
        let body = code.child(function, 1);
        let (mut open, mut found) = (vec![body], Vec::new());
        if code.dialect.last_value {
            found.extend(code.children(body).last().map(|last| (by.to_owned(), *last, true)));
        }
        while let Some(node) = open.pop() {
            match code.kind(node) {
                Kind::Function | Kind::Class => {}
                Kind::Return => found.push((by.to_owned(), code.child(node, 0), true)),
                _ => open.extend(code.children(node)),
            }
        }
        found
    }
}

/// Returns the methods that classes of controllers declare as routes, and what modules of server actions export.
fn routes(code: &Code) -> BTreeSet<NodeId> {
    let marked = |node: NodeId, marks: &str| {
        let (mut open, mut seen) = (vec![code.child(node, 2)], 0);
        while let Some(at) = open.pop() {
            seen += 1;
            if code.kind(at) == Kind::Name && lists(marks, code.name(at)) {
                return true;
            }
            open.extend(code.children(at).iter().filter(|_| seen < MAX_MARKS));
        }
        false
    };
    let mut found = BTreeSet::new();
    for (id, node) in code.nodes() {
        if node.kind == Kind::Class && marked(id, "RestController Controller Path") {
            let methods = code.children(code.child(id, 1)).iter().copied();
            found.extend(methods.filter(|method| code.kind(*method) == Kind::Function && marked(*method, VERBS)));
        }
    }
    let top = code.children(code.root());
    if top.first().is_some_and(|first| code.kind(*first) == Kind::Text && code.name(*first) == "use server") {
        let exported = top.iter().filter(|node| code.kind(**node) == Kind::Export);
        let inner = exported.flat_map(|node| code.children(*node)).flat_map(|node| [*node, code.child(*node, 1)]);
        found.extend(inner.filter(|node| code.kind(*node) == Kind::Function));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Path, code, and the secret that it sends.
    const SENT: &[(&str, &str, &str)] = &[
        ("src/routes/+page.server.ts", "export const load = () => ({ key: STRIPE_SECRET_KEY });", "STRIPE_SECRET_KEY"),
        ("src/lib/x.ts", "export const load = () => ({ key: STRIPE_SECRET_KEY });", ""),
        ("app/root.tsx", "export async function loader() { return { ENV: process.env } }", "process.env"),
        ("app/root.tsx", "export async function loader() { return json({ ...process.env }) }", "process.env"),
        (
            "pages/pay.tsx",
            "export async function getStaticProps() { return { props: { a: process.env.STRIPE_SECRET_KEY } } }",
            "process.env.STRIPE_SECRET_KEY",
        ),
        (
            "pages/pay.tsx",
            "export async function getStaticProps() { const s = new Stripe(process.env.STRIPE_SECRET_KEY); return { props: { a: await s.prices.list() } } }",
            "",
        ),
        (
            "a.ts",
            "app.get('/c', (req, res) => res.json({ key: process.env.STRIPE_SECRET_KEY! }))",
            "process.env.STRIPE_SECRET_KEY",
        ),
        ("a.ts", "const k = process.env['STRIPE_SECRET_KEY'] || ''; res.send({ k })", "process.env.STRIPE_SECRET_KEY"),
        ("a.ts", "res.json({ ok: !!process.env.STRIPE_SECRET_KEY })", ""),
        ("a.ts", "res.json({ ok: process.env.STRIPE_SECRET_KEY ? 'set' : 'unset' })", ""),
        ("a.ts", "res.json({ clientSecret: intent.client_secret })", ""),
        ("a.ts", "axios.post(url, { key: process.env.STRIPE_SECRET_KEY })", ""),
        (
            "a.ts",
            "export default defineEventHandler(() => ({ key: useRuntimeConfig().stripeSecretKey }))",
            "useRuntimeConfig.stripeSecretKey",
        ),
        (
            "a.py",
            "def c(request):\n    return JsonResponse({'key': settings.STRIPE_SECRET_KEY})\n",
            "settings.STRIPE_SECRET_KEY",
        ),
        (
            "a.py",
            "@app.get('/c')\ndef c():\n    return {'key': os.environ['STRIPE_SECRET_KEY']}\n",
            "os.environ.STRIPE_SECRET_KEY",
        ),
        ("a.py", "def c():\n    return {'key': os.environ['STRIPE_SECRET_KEY']}\n", ""),
        (
            "a.py",
            "def c():\n    return render_template('p.html', key=os.getenv('STRIPE_SECRET_KEY'))\n",
            "STRIPE_SECRET_KEY",
        ),
        (
            "a.php",
            "<?php return response()->json(['key' => config('services.stripe.secret')]);",
            "services.stripe.secret",
        ),
        ("a.rb", "def show\n  render json: { key: ENV['STRIPE_SECRET_KEY'] }\nend\n", "ENV.STRIPE_SECRET_KEY"),
    ];

    #[test]
    fn texts_that_are_worth_parsing() {
        for (path, text, sent) in SENT {
            assert!(sent.is_empty() || may_send(text.as_bytes()), "{path} {text}");
        }
        assert!(!may_send(b"stripe.confirmCardPayment(clientSecret, { card }); api.get('/x')"));
        assert!(!may_send(b"const key = process.env.STRIPE_PUBLISHABLE_KEY; res.json({ key })"));
    }

    #[test]
    fn what_is_sent() {
        for (path, code, expected) in SENT {
            let model = crate::code::parse(path, code.as_bytes()).unwrap();
            let found = spans(path, &model);
            assert_eq!(found.first().and_then(|it| it.value.as_deref()).unwrap_or(""), *expected, "{code}");
        }
    }
}
