//! Decides that a file ships, by its directory, its package, or the assets of an app.

use std::ops::Range;

use super::file_context::{FileClues, Frontend};
use super::framework::Framework;
use crate::lints::line_syntax;
use crate::lints::paths::{ancestors, file_name, join};
use crate::lints::variable_names::lists;
use crate::model::{Confidence, Context, Evidence};

/// Extensions of files that browsers load or developers read in a public directory.
const SERVED_EXTENSIONS: &str = "js mjs jsx ts tsx html htm json css map txt xml svg webmanifest vue env sql bak old log \
                                 yml yaml csv zip";

/// Directories of a build's output whose files browsers load.
const CHUNKS: &str = "assets static js _nuxt _astro _app chunks browser client immutable";

impl FileClues<'_> {
    pub(super) fn frontend(&self) -> Option<Frontend> {
        if let Some(directive) = self.directives.client {
            return Some(self.by_directive(Confidence::High, directive));
        }
        if let Some(listed) = self.flutter_asset() {
            return Some(Frontend::new(Confidence::High, "it is an asset of a Flutter app", Some(listed)));
        }
        if self.purpose.is(Context::Server) && !self.purpose.served {
            return None;
        }
        if let Some(why) = self.served() {
            return Some(Frontend::certain(why));
        }
        if self.directives.server || self.is_tooling() {
            return None;
        }
        if let Some(why) = self.native() {
            return Some(Frontend::certain(why));
        }
        match self.language {
            "html" => Some(Frontend::certain("it is an HTML page")),
            "component" => Some(Frontend::certain("the code of a component ships")),
            "template" => Some(Frontend::new(Confidence::Medium, "templates are sent to the browser", None)),
            "javascript" | "json" => self.by_framework(),
            _ => None,
        }
    }

    fn by_directive(&self, confidence: Confidence, (says, at): (&str, usize)) -> Frontend {
        let position = line_syntax::position(self.text.as_bytes(), at);
        let why = format!("the file {says}");
        let (line, column) = (position.line, position.column);
        let evidence = Evidence { message: why.clone(), path: self.path.to_owned(), line, column };
        Frontend::new(confidence, why, Some(evidence))
    }

    /// Returns why a file in a public directory or a build's output is sent to browsers.
    fn served(&self) -> Option<String> {
        let name = file_name(self.path).to_lowercase();
        let has_extension = name.rsplit_once('.').is_some_and(|(_, extension)| lists(SERVED_EXTENSIONS, extension));
        if !has_extension && self.language != "env" {
            return None;
        }
        // Offsets in `slashed` are used in `path`, so both must have the same length: `İ` is longer in lower case.
        let slashed = format!("/{}", self.path.to_ascii_lowercase());
        if self.purpose.served && !self.purpose.is(Context::Server) {
            // A TypeScript file in `public/` is likely a source that is compiled to elsewhere.
            return (!name.ends_with(".ts") && !slashed.contains("/src/main/java/"))
                .then(|| "the directory is sent to browsers as it is".to_owned());
        }
        ["/dist/", "/build/", "/out/", "/www/"].iter().find_map(|output| {
            let at = slashed.find(output)?;
            let root = self.path[..at + output.len() - 1].trim_end_matches('/');
            if join(root, "index.html").is_some_and(|page| self.tree.has(&page)) {
                return Some(format!("`{root}` is a built site"));
            }
            // A server is built to such a directory as well, but not its chunks.
            let framework = self.package.frameworks.first().filter(|_| !self.directives.server)?;
            let inner = slashed[at + output.len()..].split('/').next().filter(|_| !self.purpose.is(Context::Server))?;
            lists(CHUNKS, inner).then(|| format!("it is in the bundle that {} built to `{root}`", framework.name))
        })
    }

    /// Returns why code is part of a mobile or desktop app.
    fn native(&self) -> Option<&'static str> {
        if self.purpose.mobile {
            return Some("it is a resource of a mobile app");
        }
        let nearest = |names: &[&str]| {
            let mut directories = ancestors(self.path);
            directories.find_map(|directory| names.iter().find_map(|name| self.tree.text(&join(directory, name)?)))
        };
        let nearest_has = |names: &[&str], needle: &str| nearest(names).is_some_and(|text| text.contains(needle));
        match self.language {
            "dart" => nearest_has(&["pubspec.yaml"], "flutter:").then_some("it is code of a Flutter app"),
            "java" => (nearest_has(&["build.gradle", "build.gradle.kts"], "android.application")
                || nearest_has(&["build.gradle", "build.gradle.kts"], "com.android.")
                || nearest_has(&["build.gradle", "build.gradle.kts"], "plugins.android"))
            .then_some("it is code of an Android app"),
            "javascript" | "component" | "json" => {
                let manifest = nearest(&["manifest.json", "public/manifest.json", "src/manifest.json"]);
                let manifest = manifest.filter(|text| text.contains("\"manifest_version\""));
                // Of an app that is an extension as well, only what the manifest names is known to be part of it.
                let is_part = |text: &str| self.package.frameworks.is_empty() || text.contains(file_name(self.path));
                manifest
                    .is_some_and(|text| is_part(&text))
                    .then_some("it is part of a browser extension, which its users download")
            }
            "swift" => {
                (!nearest_has(&["Package.swift"], "vapor")).then_some("it is code of an app for Apple's devices")
            }
            _ => None,
        }
    }

    /// Returns where a Flutter app lists the file, or its directory, as an asset.
    fn flutter_asset(&self) -> Option<Evidence> {
        let (home, manifest, text) = ancestors(self.path).find_map(|directory| {
            let manifest = join(directory, "pubspec.yaml")?;
            let text = self.tree.text(&manifest)?;
            Some((directory, manifest, text))
        })?;
        let relative = self.path.strip_prefix(home).unwrap_or(self.path).trim_start_matches('/');
        let folder = relative.rsplit_once('/').map_or("", |(folder, _)| folder);
        let is_item = |item: &str| {
            let item = item.trim().trim_matches(['"', '\'']);
            item == relative || (!folder.is_empty() && item.strip_suffix('/') == Some(folder))
        };
        let mut listing = false;
        for (line, number) in text.lines().zip(1..) {
            let trimmed = line.split(" #").next().unwrap_or(line).trim();
            if let Some(inline) = trimmed.strip_prefix("assets:") {
                listing = true;
                if inline.trim_matches([' ', '[', ']']).split(',').any(is_item) {
                    let (path, message) = (manifest, format!("the app's assets list `{relative}`"));
                    return Some(Evidence { message, path, line: number, column: 1 });
                }
                continue;
            }
            let item = trimmed.strip_prefix("- ").map(|item| item.strip_prefix("path:").unwrap_or(item));
            listing &= item.is_some() || trimmed.is_empty() || trimmed.starts_with('#');
            if listing && item.is_some_and(is_item) {
                let (path, message) = (manifest, format!("the app's assets list `{relative}`"));
                return Some(Evidence { message, path, line: number, column: 1 });
            }
        }
        None
    }

    /// Returns the lines of an Astro component that run on the server.
    pub(super) fn front_matter(&self) -> Range<u64> {
        let fences = self.text.lines().zip(1..).filter(|(line, _)| line.trim_end() == "---").map(|(_, number)| number);
        let mut fences = fences.take(if self.path.ends_with(".astro") { 2 } else { 0 });
        match (fences.next(), fences.next()) {
            (Some(first), Some(last)) => first..last + 1,
            _ => 0..0,
        }
    }

    fn by_framework(&self) -> Option<Frontend> {
        let package = &self.package;
        let ships = |framework: &Framework, clause: &str| {
            let why = format!("{}, {clause}", package.is_app_of(framework));
            Some(Frontend::new(Confidence::High, why, package.evidence(framework)))
        };
        if let Some(framework) = package.frameworks.iter().find(|it| it.names_client(self.path)) {
            return ships(framework, "which sends files of such names");
        }
        let relative = package.relative(self.path);
        if let Some(framework) = package.frameworks.iter().find(|it| it.compiles(&relative))
            && self.language == "javascript"
        {
            return ships(framework, "which compiles such modules for the browser");
        }
        if self.language != "json"
            && let Some(framework) = package.shipping.iter().find(|it| it.ships_from(&relative))
            && !(framework.native && self.purpose.server_likely)
            && !package.frameworks.iter().any(|it| it.splits)
        {
            return ships(framework, "whose code ships");
        }
        if self.purpose.server_likely {
            return None;
        }
        Some(self.by_directive(Confidence::Medium, self.directives.client_likely?))
    }

    /// Returns true for configuration of tools, which runs when building: `vite.config.ts`, `gulpfile.js`.
    fn is_tooling(&self) -> bool {
        let name = file_name(self.path);
        name.contains(".config.") || name.starts_with('.') || name == "gulpfile.js" || name == "Gruntfile.js"
    }
}
