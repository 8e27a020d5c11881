//! Secrets in what servers send: what handlers and loaders return, and what is given to a response or a page.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use regex::bytes::Regex;

use super::paths::file_name;
use super::source_file::SourceSpan;
use super::variable_names::{is_stripe_secret, lists, words};
use super::word_list::WordList;
use crate::code::model::{Code, Kind, NodeId};
use crate::rules::pattern;

/// Steps that a value is followed through names and expressions.
const MAX_DEPTH: usize = 12;

/// Nodes of one value that are looked at.
const MAX_NODES: usize = 400;

/// Functions whose results frameworks send to the browser, by name.
const LOADERS: &str = "getServerSideProps getStaticProps getInitialProps loader clientLoader";

const WHOLE_ENVIRONMENTS: &str = "process.env os.environ Deno.env.toObject ENV.to_h ENV";

struct Words {
    sends: Regex,
    wraps: Regex,
    looks_up: Regex,
    handles: Regex,
}

fn vocabulary() -> Option<&'static Words> {
    static WORDS: OnceLock<Option<Words>> = OnceLock::new();
    let compile = |name: &str| pattern::compile_lint(&format!("%{name}%")).ok();
    let build = || {
        Some(Words {
            sends: compile("data-sends")?,
            wraps: compile("data-wraps")?,
            looks_up: compile("data-looks-up")?,
            handles: compile("data-handles")?,
        })
    };
    WORDS.get_or_init(build).as_ref()
}

/// Pieces of code that send something.
static SENDERS: WordList = WordList::new(&[
    "json(",
    "Json(",
    "JSON(",
    "jsonp(",
    "jsonify",
    "json:",
    ".send(",
    ".end(",
    ".write(",
    ".html(",
    ".HTML(",
    ".body",
    "render(",
    "render json",
    "render_template",
    "Render(",
    "render:",
    "View(",
    "view(",
    "esponse(",
    "esponse::",
    "esponse->",
    "esponse.j",
    "esponse.s",
    "esponse.o",
    "ResponseEntity",
    "ServerSideProps",
    "StaticProps",
    "InitialProps",
    "oader(",
    "oader =",
    "oader:",
    "load(",
    "load =",
    "EventHandler",
    "ServerFn",
    "@app.",
    "@router.",
    "@api.",
    "@bp.",
    "@blueprint.",
    "_bp.",
    ".get(",
    ".route(",
    "Mapping(",
    "addAttribute",
    "wp_localize",
    "wp_send",
    "wp_add_inline",
    "Inertia",
    "Encode(",
    " Ok(",
]);

/// Returns true if a text names a secret, or a whole environment, and may send something: parsing takes long.
pub(super) fn may_send(bytes: &[u8]) -> bool {
    static SECRETS: OnceLock<Option<Regex>> = OnceLock::new();
    let secrets = || SECRETS.get_or_init(|| pattern::compile_lint("%data-secret%").ok());
    SENDERS.is_in(bytes) && secrets().as_ref().is_none_or(|secrets| secrets.is_match(bytes))
}

/// Returns the secrets that a file sends, each at its first place.
pub(super) fn spans(path: &str, code: &Code) -> Vec<SourceSpan> {
    let Some(words) = vocabulary() else { return Vec::new() };
    let mut names = BTreeMap::new();
    for (id, node) in code.nodes() {
        let target = code.child(id, 0);
        if node.kind == Kind::Assign && code.kind(target) == Kind::Name {
            names.entry(code.name(target)).or_insert_with(|| code.child(id, 1));
        }
    }
    let sent = SentData { path, code, names, words };
    let mut spans: Vec<SourceSpan> = Vec::new();
    for (id, node) in code.nodes() {
        for (by, value, whole) in sent.values(id, node.kind) {
            let found = sent.secret(value, whole);
            spans.extend(found.map(|(place, secret)| SourceSpan {
                span: code.span(place),
                identity: Some(format!("{by} {secret}")),
                evidence: Some((code.span(id).start, format!("`{by}` sends it"))),
                value: Some(secret),
                name: Some(by),
            }));
        }
    }
    spans.sort_by_key(|found| (found.span.start, found.span.end));
    spans.dedup_by_key(|found| found.span.start);
    spans
}

struct SentData<'a> {
    path: &'a str,
    code: &'a Code,
    /// The first value of each name.
    names: BTreeMap<&'a str, NodeId>,
    words: &'static Words,
}

impl SentData<'_> {
    /// Returns what a node sends: by which function, the value, and true if a whole environment counts.
    fn values(&self, id: NodeId, kind: Kind) -> Vec<(String, NodeId, bool)> {
        let code = self.code;
        match kind {
            Kind::Call => {
                let callee = code.path(code.child(id, 0));
                let arguments = code.children(id).get(1..).unwrap_or_default();
                if self.words.sends.is_match(format!("{} {callee}", code.dialect.name).as_bytes()) {
                    let is_page = callee.ends_with("ender") || callee == "view";
                    return arguments.iter().map(|value| (callee.clone(), *value, !is_page)).collect();
                }
                if self.words.handles.is_match(callee.as_bytes()) && code.dialect.name == "javascript" {
                    let handlers = arguments.iter().filter(|node| code.kind(**node) == Kind::Function);
                    return handlers.flat_map(|node| self.returned(*node, &callee)).collect();
                }
                Vec::new()
            }
            Kind::Assign => {
                let (target, value) = (code.child(id, 0), code.child(id, 1));
                let name = code.path(target);
                match code.kind(value) {
                    Kind::Function if self.is_loader(&name) => self.returned(value, &name),
                    _ if matches!(name.as_str(), "ctx.body" | "ctx.response.body") => vec![(name, value, true)],
                    _ => Vec::new(),
                }
            }
            Kind::Function if self.is_loader(code.name(id)) => self.returned(id, code.name(id)),
            Kind::Function if self.is_route(id) => self.returned(id, code.name(id)),
            _ => Vec::new(),
        }
    }

    fn is_loader(&self, name: &str) -> bool {
        let name = name.rsplit('.').next().unwrap_or(name);
        let loads = name == "load" && file_name(self.path).starts_with('+');
        self.code.dialect.name == "javascript" && !name.is_empty() && (loads || lists(LOADERS, name))
    }

    /// Returns true for `@app.get("/config")`.
    fn is_route(&self, function: NodeId) -> bool {
        let code = self.code;
        let inner = |node: NodeId| code.children(node).iter().copied();
        let decorators = inner(code.child(function, 2)).flat_map(inner);
        code.dialect.name == "python"
            && decorators.map(|node| code.path(node)).any(|path| self.words.handles.is_match(path.as_bytes()))
    }

    /// Returns what a function returns, without the functions in it.
    fn returned(&self, function: NodeId, by: &str) -> Vec<(String, NodeId, bool)> {
        let code = self.code;
        let (mut open, mut found) = (vec![code.child(function, 1)], Vec::new());
        while let Some(node) = open.pop() {
            match code.kind(node) {
                Kind::Function | Kind::Class => {}
                Kind::Return => found.push((by.to_owned(), code.child(node, 0), true)),
                _ => open.extend(code.children(node)),
            }
        }
        found
    }

    /// Returns the place and the name of a secret in a value.
    fn secret(&self, value: NodeId, whole: bool) -> Option<(NodeId, String)> {
        let code = self.code;
        let mut open = vec![(value, 0)];
        let mut seen = 0;
        while let Some((node, depth)) = open.pop() {
            seen += 1;
            if depth > MAX_DEPTH || seen > MAX_NODES {
                continue;
            }
            let below = |nodes: &[NodeId]| nodes.iter().map(|node| (*node, depth + 1)).collect::<Vec<_>>();
            match code.kind(node) {
                Kind::Name | Kind::Member | Kind::Index => {
                    let path = self.dotted(node);
                    if is_secret(&path) || (whole && lists(WHOLE_ENVIRONMENTS, &path)) {
                        return Some((node, path));
                    }
                    let value = self.names.get(path.as_str());
                    if let Some(value) = value.filter(|_| code.kind(node) == Kind::Name) {
                        if let Some((_, secret)) = self.named(*value, &path) {
                            return Some((node, secret));
                        }
                        open.push((*value, depth + 4));
                    }
                }
                Kind::Call => {
                    let callee = code.path(code.child(node, 0));
                    let arguments = code.children(node).get(1..).unwrap_or_default();
                    if self.words.looks_up.is_match(callee.as_bytes()) {
                        let key = arguments.first().map_or("", |key| code.name(*key));
                        if is_secret(&format!("env.{key}")) {
                            return Some((node, key.to_owned()));
                        }
                    } else if whole && lists(WHOLE_ENVIRONMENTS, &callee) {
                        return Some((node, callee));
                    } else if self.words.wraps.is_match(callee.as_bytes()) {
                        open.extend(below(arguments));
                    }
                }
                Kind::Choice | Kind::And | Kind::Pair | Kind::Assign => {
                    open.extend(below(code.children(node).get(1..).unwrap_or_default()));
                }
                Kind::Or | Kind::Object | Kind::Group | Kind::Await | Kind::Text => {
                    open.extend(below(code.children(node)));
                }
                Kind::Operation if code.name(node) == "+" || code.name(node) == "." => {
                    open.extend(below(code.children(node)));
                }
                _ => {}
            }
        }
        None
    }

    /// Returns a name whose value is a literal key.
    fn named(&self, value: NodeId, name: &str) -> Option<(NodeId, String)> {
        let text = self.code.name(value);
        let is_key = ["sk_live_", "sk_test_", "rk_live_", "rk_test_"].iter().any(|prefix| text.starts_with(prefix));
        (self.code.kind(value) == Kind::Text && is_key).then(|| (value, name.to_owned()))
    }

    /// Returns the path of an expression with its last key: `process.env.KEY` for `process.env['KEY']`.
    fn dotted(&self, node: NodeId) -> String {
        let path = self.code.path(node);
        if self.code.kind(node) != Kind::Index {
            return path;
        }
        let key = self.code.child(node, 1);
        if self.code.kind(key) == Kind::Text { format!("{path}.{}", self.code.name(key)) } else { path }
    }
}

/// Returns true for a name or a path of configuration that holds a secret of Stripe.
fn is_secret(path: &str) -> bool {
    let is_constant =
        path.rsplit('.').next().is_some_and(|last| last.chars().all(|c| !c.is_lowercase()) && last.contains("STRIPE"));
    let words = words(path);
    let has = |list: &str| words.iter().any(|word| lists(list, word));
    is_stripe_secret(path)
        && (is_constant || has("env environ config configuration services credentials"))
        && !has("intent session setup client ephemeral length slice id publishable")
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
