//! Lints: credentials in the wrong place, beside the wrong partner, or handled wrongly, with or without a literal.
//!
//! A lint is a file in `rules/lints/`. Its `[when]` is judged on single places of what the matcher found, its `[group]` on
//! several together, its `[source]` on program code: [`Compiled::collect`] reads a file while its bytes are in hand, in any
//! thread, and [`run`] settles everything once all is known, with neighbouring files from the same tree. A lint adds
//! findings of its own and never edits another's.

pub(crate) mod blocks;
pub mod compiled;
pub mod context;
mod emit;
mod env_sets;
mod facts;
mod fail_open;
mod group;
mod imports;
pub(crate) mod lexer;
mod lines;
mod names;
pub mod neighbours;
mod public_names;
mod scene;
mod when;

pub use compiled::Compiled;
pub use facts::{MAX_SOURCE, SourceFacts};
pub use neighbours::{Neighbours, Nobody};
pub use scene::Told;

use emit::{Bare, Fill};
use facts::Match;
use neighbours::Cached;
use scene::{Scene, Spotted};

use crate::credential::Kind;
use crate::model::{Confidence, Evidence, Finding, ScanLocation};
use crate::rules::lint::CodeAnalysis;

/// Whether a text has the word `stripe`, in lower or upper case or with a capital.
#[must_use]
pub fn mention_stripe(bytes: &[u8]) -> bool {
    // The words that the search of the engine has its pivots for.
    [&b"tripe"[..], b"TRIPE"].iter().any(|word| memchr::memmem::find(bytes, word).is_some())
}

impl Compiled<'_> {
    /// Whether any lint reads program code.
    #[must_use]
    pub fn read_code(&self) -> bool {
        self.has_sources()
    }

    /// Whether lints might want to read a file, as far as its path tells.
    #[must_use]
    pub fn may_read(&self, path: &str) -> bool {
        facts::may_read(path)
    }

    /// Gathers what lints want to know of a file's code. `mentions_stripe` is what the scan has seen of the word in any
    /// case; without it the file is not read, unless its path has it.
    #[must_use]
    pub fn collect(&self, place: &ScanLocation, bytes: &[u8], mentions_stripe: bool) -> Option<SourceFacts> {
        let wanted = mentions_stripe || place.path.text.to_ascii_lowercase().contains("stripe");
        if wanted { facts::collect(self, place, bytes) } else { None }
    }

    /// Adds the tags that content and neighbours give to the places of findings, runs every lint, and adds what they find.
    /// `told` is what the policy says that paths are for.
    pub fn run(&self, findings: &mut Vec<Finding>, facts: &[SourceFacts], tree: &dyn Neighbours, told: &Told<'_>) {
        if findings.is_empty() && facts.is_empty() {
            return;
        }
        let cached = Cached::new(tree);
        let scene = Scene::new(&cached, told);
        scene::tag(findings, &scene);
        let mut found = Vec::new();
        {
            let places = scene::credentials(self.rules(), findings, &cached);
            let mut drafts = when::run(self, &scene, &places);
            drafts.extend(group::run(self, &scene, &places));
            let mut bare = Vec::new();
            for facts in facts {
                self.settle(&scene, facts, &places, (&mut drafts, &mut bare));
            }
            found.extend(emit::about_credentials(self.rules(), drafts));
            found.extend(emit::about_code(self.rules(), bare));
        }
        findings.append(&mut found);
    }

    /// Decides every match of a file.
    fn settle<'a, 'b>(
        &self,
        scene: &Scene<'_>,
        facts: &'b SourceFacts,
        places: &[Spotted<'a>],
        (drafts, bare): (&mut Vec<emit::Draft<'a>>, &mut Vec<Bare<'b>>),
    ) {
        for found in &facts.matches {
            let Some(source) = self.source(found.rule, found.source) else { continue };
            let Some(mut seen) = self.judge(scene, facts, found, places) else { continue };
            match literal_at(facts, found, places) {
                Literal::Credential(spotted) => {
                    let fill = Fill { why: std::mem::take(&mut seen.why), ..Fill::of(&spotted) };
                    let message = fill.fill(&source.message);
                    drafts.push(emit::Draft {
                        rule: found.rule,
                        confidence: seen.confidence,
                        spotted,
                        message,
                        evidence: seen.evidence,
                    });
                }
                Literal::Other => {}
                Literal::None => {
                    let fill = Fill {
                        why: std::mem::take(&mut seen.why),
                        name: found.name.clone().unwrap_or_default(),
                        value: found.value.clone().unwrap_or_default(),
                        path: facts.place.path.text.clone(),
                        line: found.start.line,
                        ..Fill::default()
                    };
                    let sheet = scene.sheet(&facts.place.path.text);
                    bare.push(Bare {
                        facts,
                        found,
                        confidence: seen.confidence,
                        message: fill.fill(&source.message),
                        evidence: seen.evidence,
                        context: sheet.surroundings.tags.clone(),
                    });
                }
            }
        }
    }

    /// Whether a match holds, given everything around it.
    fn judge(&self, scene: &Scene<'_>, facts: &SourceFacts, found: &Match, places: &[Spotted<'_>]) -> Option<Seen> {
        let source = self.source(found.rule, found.source)?;
        let path = facts.place.path.text.as_str();
        let sheet = scene.sheet(path);
        let surroundings = &sheet.surroundings;
        let listed = |tags: &[_]| tags.iter().any(|tag| surroundings.is(*tag));
        if surroundings.vendored
            || (!source.context.is_empty() && !listed(&source.context))
            || listed(&source.unless_context)
        {
            return None;
        }
        if source.imports && self.is_excluded_nearby(scene, facts, found) {
            return None;
        }
        let mut seen = Seen {
            confidence: source.confidence.unwrap_or(Confidence::High),
            why: String::new(),
            evidence: Vec::new(),
        };
        if let Some((at, says)) = &found.evidence {
            seen.evidence.push(Evidence {
                message: says.clone(),
                path: path.to_owned(),
                line: at.line,
                column: at.column,
            });
        }
        if source.structure == Some(CodeAnalysis::PublicName) {
            let is_secret = |name: &str| {
                places.iter().any(|it| {
                    it.location.path == path
                        && it.location.variable.as_deref() == Some(name)
                        && !matches!(it.key.kind, Kind::Publishable | Kind::ConnectClientId | Kind::ClientSecret)
                })
            };
            let public = public_names::settle(found, &surroundings.package, surroundings.kind, &is_secret)?;
            seen.why = public.why;
            seen.evidence.extend(public.evidence);
        } else if let Some(frontend) = &surroundings.frontend {
            seen.why.clone_from(&frontend.why);
        }
        Some(seen)
    }

    /// Whether a local module that the file imports has what keeps the lint silent.
    fn is_excluded_nearby(&self, scene: &Scene<'_>, facts: &SourceFacts, found: &Match) -> bool {
        let Some(patterns) = self.patterns(found.rule, found.source) else { return false };
        facts.imports.iter().any(|import| {
            let text =
                imports::candidates(&facts.place.path.text, import).iter().find_map(|path| scene.tree.text(path));
            text.is_some_and(|text| patterns.exclude.iter().any(|pattern| pattern.is_match(text.as_bytes())))
        })
    }
}

/// A match that holds.
struct Seen {
    confidence: Confidence,
    why: String,
    evidence: Vec<Evidence>,
}

/// What literal a match points at.
enum Literal<'a> {
    /// One that the matcher found.
    Credential(Spotted<'a>),
    /// One that it did not take for a credential: a placeholder, a sample, another vendor's.
    Other,
    /// None: a name.
    None,
}

fn literal_at<'a>(facts: &SourceFacts, found: &Match, places: &[Spotted<'a>]) -> Literal<'a> {
    let path = facts.place.path.text.as_str();
    let here = places.iter().find(|it| {
        let at = it.location;
        at.path == path
            && at.line >= found.start.line
            && at.end_line <= found.end.line
            && (at.line > found.start.line || at.end_column > found.start.column)
            && (at.end_line < found.end.line || at.column < found.end.column)
    });
    let quoted = found.value.as_deref().is_some_and(|value| value.starts_with(['"', '\'', '`']));
    match here {
        Some(spotted) => Literal::Credential(*spotted),
        None if quoted => Literal::Other,
        None => Literal::None,
    }
}
