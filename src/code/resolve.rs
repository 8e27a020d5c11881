//! The files that the name of a module, or of a class that needs no import, may mean.

use std::rc::Rc;

use serde_json::Value;

/// Files by their path.
pub(crate) trait Tree {
    fn text(&self, path: &str) -> Option<Rc<str>>;

    /// Returns a JSON file, lines that are comments left out.
    fn json(&self, path: &str) -> Option<Rc<Value>>;

    /// Returns the paths of the files right in a directory whose names end so.
    fn list(&self, directory: &str, ending: &str) -> Vec<String>;
}

const EXTENSIONS: &[&str] =
    &["", ".ts", ".tsx", ".js", ".mjs", ".jsx", ".cjs", ".mts", "/index.ts", "/index.js", "/index.tsx", "/index.mjs"];

/// Most files of a package of Go that are read.
const MAX_PACKAGE: usize = 60;

/// Returns the parent directory, without a slash at its end; empty for the root.
pub(crate) fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// Most directories above a path, besides the root, that can say something about it.
const MAX_ANCESTORS: usize = 24;

/// Iterates over the directories above a path, nearest first, the root last.
pub(crate) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    let above = std::iter::successors(Some(directory(path)), |at| (!at.is_empty()).then(|| directory(at)));
    above.enumerate().filter(|(at, directory)| *at < MAX_ANCESTORS || directory.is_empty()).map(|(_, above)| above)
}

/// Joins and normalizes; `None` if the result lies outside the root.
pub(crate) fn join(directory: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Returns the paths that a module's name may mean, the most likely first.
pub(crate) fn candidates(from: &str, module: &str, language: &str, tree: &dyn Tree) -> Vec<String> {
    match language {
        "javascript" => javascript(from, module, tree),
        "python" => python(from, module),
        "ruby" => ruby(from, module),
        "php" => php(from, module, tree),
        "rust" => rust(from, module),
        "elixir" => elixir(from, module),
        "java" | "kotlin" | "csharp" => class(from, module),
        "go" => package_of(from, module, tree).map(|home| package(&home, tree)).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// Returns true if a module's name means a file of the tree, found or not.
pub(super) fn is_local(from: &str, module: &str, language: &str, tree: &dyn Tree) -> bool {
    match language {
        "javascript" => {
            module.starts_with(['.', '~', '#', '$'])
                || module.starts_with("@/")
                || module.starts_with("src/")
                || workspace_scope(from, tree).is_some_and(|scope| module.starts_with(&scope))
                || !aliased(from, module, tree).is_empty()
        }
        "python" => module.starts_with('.') || python(from, module).iter().any(|path| tree.text(path).is_some()),
        "go" => package_of(from, module, tree).is_some(),
        "rust" => module.starts_with("crate") || module.starts_with("super"),
        _ => false,
    }
}

/// Returns `@acme/` if the nearest package with a name has one of that scope.
fn workspace_scope(from: &str, tree: &dyn Tree) -> Option<String> {
    let manifests = ancestors(from).filter_map(|above| tree.json(&join(above, "package.json")?));
    let scope = |manifest: Rc<Value>| Some(manifest.get("name")?.as_str()?.split_once('/')?.0.to_owned());
    manifests.filter_map(scope).find(|scope| scope.starts_with('@')).map(|scope| format!("{scope}/"))
}

/// Parses JSON with lines that are comments.
pub(crate) fn parse_json(text: &str) -> Option<Value> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    serde_json::from_str(text).ok().or_else(|| serde_json::from_str(&lines.collect::<Vec<_>>().join("\n")).ok())
}

fn with_extensions(base: &str) -> Vec<String> {
    let bare = base.strip_suffix(".js").or_else(|| base.strip_suffix(".mjs"));
    let bases = std::iter::once(base).chain(bare);
    bases.flat_map(|base| EXTENSIONS.iter().map(move |extension| format!("{base}{extension}"))).collect()
}

fn javascript(from: &str, module: &str, tree: &dyn Tree) -> Vec<String> {
    if module.starts_with('.') {
        return join(directory(from), module).iter().flat_map(|base| with_extensions(base)).collect();
    }
    let mut bases = aliased(from, module, tree);
    let inner = module.trim_start_matches(['@', '~', '#', '$']).trim_start_matches('/');
    if module.starts_with(['~', '#', '$']) || module.starts_with("@/") || module.starts_with("src/") {
        let homes = ancestors(from).flat_map(|above| ["", "src", "app"].map(|below| join(above, below)));
        bases.extend(homes.flatten().filter_map(|home| join(&home, inner)));
    }
    bases.extend(workspace(from, module, tree));
    bases.iter().flat_map(|base| with_extensions(base)).collect()
}

/// Returns what `paths` of the nearest `tsconfig.json` make of a module's name.
fn aliased(from: &str, module: &str, tree: &dyn Tree) -> Vec<String> {
    let mut found = Vec::new();
    for above in ancestors(from) {
        let configs = ["tsconfig.json", "jsconfig.json", "tsconfig.base.json"];
        let read = |name: &&str| tree.json(&join(above, name)?);
        let Some(config) = configs.iter().find_map(read) else { continue };
        let options = config.get("compilerOptions");
        let base = options.and_then(|options| options.get("baseUrl")?.as_str()).unwrap_or(".");
        let paths = options.and_then(|options| options.get("paths")?.as_object());
        for (pattern, targets) in paths.into_iter().flatten() {
            let (start, end) = pattern.split_once('*').unwrap_or((pattern, ""));
            let Some(middle) = module.strip_prefix(start).and_then(|rest| rest.strip_suffix(end)) else { continue };
            if !pattern.contains('*') && !middle.is_empty() {
                continue;
            }
            let targets = targets.as_array().into_iter().flatten().filter_map(Value::as_str);
            found.extend(targets.filter_map(|target| join(&join(above, base)?, &target.replacen('*', middle, 1))));
        }
        if !found.is_empty() {
            break;
        }
    }
    found
}

/// Returns the entry points of a package of the same workspace.
fn workspace(from: &str, module: &str, tree: &dyn Tree) -> Vec<String> {
    let mut parts = module.splitn(if module.starts_with('@') { 3 } else { 2 }, '/');
    let scoped = module.starts_with('@').then(|| parts.next()).flatten();
    let Some(last) = parts.next() else { return Vec::new() };
    let name = scoped.map_or(last.to_owned(), |scope| format!("{scope}/{last}"));
    let within = parts.next();
    let mut found = Vec::new();
    for above in ancestors(from) {
        for group in ["packages", "libs", "apps", "modules", "shared", "services", "internal", "tooling"] {
            let Some(home) = join(above, &format!("{group}/{last}")) else { continue };
            let Some(manifest) = tree.json(&format!("{home}/package.json")) else { continue };
            if manifest.get("name").and_then(Value::as_str) != Some(&name) {
                continue;
            }
            match within {
                Some(within) => found.extend(["src/", "lib/", ""].map(|below| format!("{home}/{below}{within}"))),
                None => {
                    let entry =
                        ["source", "module", "main", "types"].iter().filter_map(|key| manifest.get(*key)?.as_str());
                    let entries: Vec<String> = entry.filter_map(|entry| join(&home, entry)).collect();
                    found
                        .extend(["src/index", "index", "src/main", "lib/index"].map(|below| format!("{home}/{below}")));
                    found.extend(entries);
                }
            }
        }
    }
    found
}

fn python(from: &str, module: &str) -> Vec<String> {
    let dots = module.len() - module.trim_start_matches('.').len();
    let inner = module[dots..].replace('.', "/");
    let homes: Vec<&str> =
        if dots == 0 { ancestors(from).collect() } else { ancestors(from).skip(dots - 1).take(1).collect() };
    let names = |home: &&str| {
        let home = *home;
        let file = join(home, &inner).filter(|_| !inner.is_empty()).map(|base| format!("{base}.py"));
        let package = join(home, &format!("{inner}/__init__.py"));
        let below = (dots == 0).then(|| join(home, &format!("src/{inner}.py"))).flatten();
        [file, package, below]
    };
    homes.iter().flat_map(names).flatten().collect()
}

/// Returns `shop/stripe_signature` for `Shop` and `StripeSignature`.
fn snake_path<'m>(parts: impl Iterator<Item = &'m str>) -> String {
    let mut file = String::new();
    for (at, part) in parts.enumerate() {
        file.push_str(if at > 0 { "/" } else { "" });
        let mut before = '_';
        for letter in part.chars() {
            if letter.is_ascii_uppercase() && before != '_' && !before.is_ascii_uppercase() {
                file.push('_');
            }
            file.push(letter.to_ascii_lowercase());
            before = letter;
        }
    }
    file
}

/// A module below `lib`; those of a web application stand in folders by their kind.
fn elixir(from: &str, module: &str) -> Vec<String> {
    let (file, home) = (snake_path(module.split('.')), directory(from));
    let last = file.rsplit('/').next().unwrap_or_default();
    let below = ancestors(from).filter_map(|above| join(above, &format!("lib/{file}.ex")));
    let near = ["", "../plugs", "plugs", ".."].iter().filter_map(|folder| join(home, &format!("{folder}/{last}.ex")));
    below.chain(near).collect()
}

/// A path of `require_relative`, or a constant that is loaded by its name.
fn ruby(from: &str, module: &str) -> Vec<String> {
    if module.starts_with(|first: char| first.is_ascii_uppercase()) {
        let file = snake_path(module.split("::"));
        const HOMES: &[&str] = &[
            "app/controllers/concerns",
            "app/controllers",
            "app/models/concerns",
            "app/models",
            "app/services",
            "app/lib",
            "app/jobs",
            "app/helpers",
            "app/middleware",
            "lib",
            "app/interactors",
            "app/operations",
            "",
        ];
        let homes = ancestors(from).flat_map(|above| HOMES.iter().filter_map(move |home| join(above, home)));
        return homes.filter_map(|home| join(&home, &format!("{file}.rb"))).collect();
    }
    let file = format!("{}.rb", module.trim_end_matches(".rb"));
    let homes = std::iter::once(directory(from)).chain(ancestors(from));
    homes.flat_map(|home| [join(home, &file), join(home, &format!("lib/{file}"))]).flatten().collect()
}

/// A class by its namespace: `composer.json` says where namespaces begin.
fn php(from: &str, module: &str, tree: &dyn Tree) -> Vec<String> {
    if module.ends_with(".php") {
        let homes = ancestors(from).filter_map(|above| join(above, module));
        return join(directory(from), module).into_iter().chain(homes).collect();
    }
    let module = module.trim_start_matches('\\');
    let mut found = Vec::new();
    for above in ancestors(from) {
        let manifest = join(above, "composer.json").and_then(|path| tree.json(&path));
        for section in ["autoload", "autoload-dev"] {
            let spaces = manifest.as_ref().and_then(|json| json.get(section)?.get("psr-4")?.as_object());
            for (space, home) in spaces.into_iter().flatten() {
                let homes = home.as_array().map_or(vec![home], |homes| homes.iter().collect());
                let Some(rest) = module.strip_prefix(space.as_str()) else { continue };
                let rest = rest.replace('\\', "/");
                let bases = homes.iter().filter_map(|home| join(above, home.as_str()?));
                found.extend(bases.filter_map(|base| join(&base, &format!("{rest}.php"))));
            }
        }
        let path = module.replace('\\', "/");
        let conventional = path.strip_prefix("App/");
        found.extend(
            conventional
                .iter()
                .flat_map(|rest| ["app", "src"].map(|base| format!("{base}/{rest}.php")))
                .filter_map(|path| join(above, &path)),
        );
        found.extend(["", "src", "includes"].iter().filter_map(|base| join(above, &format!("{base}/{path}.php"))));
    }
    if !module.contains('\\') {
        found.extend(join(directory(from), &format!("{module}.php")));
    }
    found
}

/// Returns the files of a package of Go, by its directory.
pub(super) fn package(home: &str, tree: &dyn Tree) -> Vec<String> {
    let mut files = tree.list(home, ".go");
    files.retain(|path| !path.ends_with("_test.go"));
    files.truncate(MAX_PACKAGE);
    files.iter_mut().for_each(|path| *path = path.trim_start_matches('/').to_owned());
    files
}

/// Returns the directory of a package of Go that belongs to the module of a file: `go.mod` says its path.
fn package_of(from: &str, module: &str, tree: &dyn Tree) -> Option<String> {
    let within = |above: &str| {
        let manifest = tree.text(&join(above, "go.mod")?)?;
        let name = manifest.lines().find_map(|line| line.trim().strip_prefix("module "))?;
        let rest = module.strip_prefix(name.trim().trim_matches('"'))?;
        (rest.is_empty() || rest.starts_with('/')).then(|| join(above, rest)).flatten()
    };
    ancestors(from).find_map(within)
}

fn rust(from: &str, module: &str) -> Vec<String> {
    let mut parts: Vec<&str> = module.split("::").collect();
    let home = match parts.first() {
        Some(&"crate") => ancestors(from).find(|above| above.ends_with("src") || above.is_empty()).unwrap_or_default(),
        Some(&"super") => directory(directory(from)),
        _ => directory(from),
    };
    if matches!(parts.first(), Some(&"crate" | &"super" | &"self")) {
        parts.remove(0);
    }
    let mut found = Vec::new();
    while !parts.is_empty() {
        let inner = parts.join("/");
        found.extend([format!("{inner}.rs"), format!("{inner}/mod.rs")].iter().filter_map(|path| join(home, path)));
        parts.pop();
    }
    found
}

/// A class in the file of its name, near the file that uses it.
fn class(from: &str, module: &str) -> Vec<String> {
    let inner = module.replace('.', "/");
    let extension = from.rsplit_once('.').map_or("java", |(_, extension)| extension);
    let homes =
        ancestors(from).flat_map(|above| ["", "src/main/java", "src/main/kotlin"].map(|home| join(above, home)));
    let named = homes.flatten().filter_map(|home| join(&home, &format!("{inner}.{extension}")));
    let last = inner.rsplit('/').next().unwrap_or(&inner);
    const FOLDERS: &[&str] = &[
        "",
        "../Services",
        "../services",
        "../service",
        "Services",
        "services",
        "service",
        "../Filters",
        "../filter",
        "../security",
        "../Middleware",
        "../Infrastructure",
    ];
    let near = FOLDERS.iter().filter_map(|folder| join(directory(from), &format!("{folder}/{last}.{extension}")));
    named.take(if module.contains('.') { 64 } else { 0 }).chain(near).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct NoFiles;

    impl Tree for NoFiles {
        fn text(&self, _: &str) -> Option<Rc<str>> {
            None
        }

        fn json(&self, _: &str) -> Option<Rc<Value>> {
            None
        }

        fn list(&self, _: &str, _: &str) -> Vec<String> {
            Vec::new()
        }
    }

    #[test]
    fn imports_lead_somewhere() {
        for (path, import, language, expected) in [
            ("src/api/hook.ts", "../lib/verify", "javascript", "src/lib/verify.ts"),
            ("src/api/hook.ts", "./verify.js", "javascript", "src/api/verify.ts"),
            ("apps/web/app/api/hook/route.ts", "@/lib/stripe", "javascript", "apps/web/lib/stripe.ts"),
            ("apps/web/src/app/hook/route.ts", "@/lib/stripe", "javascript", "apps/web/src/lib/stripe.ts"),
            ("src/routes/hook/+server.ts", "$lib/server/stripe", "javascript", "src/lib/server/stripe.ts"),
            ("app/views/hook.py", ".verify", "python", "app/views/verify.py"),
            ("app/views/hook.py", "..verify", "python", "app/verify.py"),
            ("app/views/hook.py", "app.services.stripe", "python", "app/services/stripe.py"),
            ("app/hook.rb", "lib/verify", "ruby", "app/lib/verify.rb"),
        ] {
            let found = candidates(path, import, language, &NoFiles);
            assert!(found.iter().any(|found| found == expected), "{path} {import}");
        }
    }
}
