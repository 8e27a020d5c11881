//! Decides the next step for an event: commands of git that fetch what is missing, or the arguments of the scan.

use std::collections::BTreeSet;

use super::event::{Base, Change, Event, PolicyOf, Request};
use super::inputs::{InputError, Inputs, Mode};
use super::remote_name::{is_ref_name, page};
use super::{github, gitlab};
use crate::git::Oid;

/// Objects that one command fetches, so that it stays below the shortest limit of a command line.
const OBJECTS_PER_FETCH: usize = 500;

/// The clone that the run works in.
pub(crate) trait LocalClone {
    /// Returns the remote to fetch from.
    fn remote(&self) -> Option<String>;
    /// Returns the URL of that remote.
    fn remote_url(&self) -> Option<String>;
    /// Returns the commit of a revision.
    fn resolve(&self, revision: &str) -> Option<Oid>;
    /// Returns the tip of a branch of the remote, as it was fetched last.
    fn tip(&self, remote: &str, branch: &str) -> Option<Oid>;
    /// Returns true if the run works in a directory of the work tree, not in all of it.
    fn is_part(&self) -> bool;
    fn is_shallow(&self) -> bool;
    /// Returns true for a partial clone, in which objects may be missing.
    fn is_partial(&self) -> bool;
    /// Returns true if no commit between two is cut off; `None` begins before the first commit.
    fn holds(&self, base: Option<Oid>, head: Oid) -> bool;
    /// Returns the objects between two commits that are not here.
    fn missing(&self, base: Option<Oid>, head: Oid) -> Vec<Oid>;
}

/// The next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Commands of git, without their first word. Afterwards the plan is asked for again.
    Fetch(Vec<String>),
    Scan(ScanStep),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ScanStep {
    /// Arguments of the program; empty if there is nothing to scan.
    pub(crate) arguments: Vec<String>,
    /// Names what is scanned.
    pub(crate) range: String,
    /// The reason why it is not what the event brought.
    pub(crate) warning: Option<String>,
    pub(crate) notices: Vec<String>,
    /// Category of the upload to code scanning.
    pub(crate) category: String,
}

/// Returns the next step. `tried` holds the commands that ran already, one a line.
///
/// # Errors
/// An input makes no sense for the event or the clone.
pub(crate) fn plan(
    event: &Event<'_>,
    inputs: &Inputs,
    clone: &dyn LocalClone,
    tried: &str,
) -> Result<Step, InputError> {
    let remote = clone.remote().filter(|name| is_ref_name(name));
    let tried = tried.split_whitespace().map(str::to_owned).collect();
    let planner = Planner { event, inputs, clone, remote, tried, fetches: Vec::new(), notices: Vec::new() };
    planner.step()
}

struct Planner<'a> {
    event: &'a Event<'a>,
    inputs: &'a Inputs,
    clone: &'a dyn LocalClone,
    remote: Option<String>,
    /// Words of the commands that ran already: what they name is not fetched again.
    tried: BTreeSet<String>,
    fetches: Vec<String>,
    notices: Vec<String>,
}

/// The ends of a range: `None` begins before the first commit.
type Ends = (Option<Oid>, Oid);

impl Planner<'_> {
    fn step(mut self) -> Result<Step, InputError> {
        let request = self.request()?;
        let mut scan = match (self.inputs.mode, request) {
            (_, Request::Nothing(why)) => {
                self.notices.push(format!("Nothing to scan: {why}."));
                ScanStep { range: "nothing".to_owned(), ..ScanStep::default() }
            }
            (Mode::Tree, request) => self.whole(&request, "tree"),
            (Mode::History, request) | (Mode::Auto, request @ Request::History) => self.history(&request),
            (Mode::Diff, Request::History) => return Err(InputError("base has to say what to compare with")),
            (_, Request::Change(change)) => self.change(&change),
            (_, Request::Unknown(why)) => fallback(&why, "event"),
        };
        if !self.fetches.is_empty() {
            return Ok(Step::Fetch(self.fetches));
        }
        scan.notices.append(&mut self.notices);
        if !scan.arguments.is_empty() {
            self.finish(&mut scan);
        }
        Ok(Step::Scan(scan))
    }

    /// Adds what every scan needs.
    fn finish(&self, scan: &mut ScanStep) {
        if scan.warning.is_none() {
            scan.arguments.extend(self.inputs.config.iter().map(|file| format!("--config={file}")));
            scan.arguments.extend(self.inputs.baseline.iter().map(|file| format!("--baseline={file}")));
        }
        let github = self.event.variable("GITHUB_SERVER_URL").zip(self.event.variable("GITHUB_REPOSITORY"));
        let name = github.as_ref().map(|(_, name)| name.clone()).or_else(|| self.event.variable("CI_PROJECT_PATH"));
        let url = github.map(|(server, name)| format!("{server}/{name}"));
        let url = url.or_else(|| self.event.variable("CI_PROJECT_URL"));
        let url = page(url, name.as_deref(), self.clone.remote_url().as_deref());
        scan.arguments.extend(url.map(|url| format!("--repository-url={url}")));
        // Uploads of one category replace each other.
        let suffix = if scan.category.is_empty() { String::new() } else { format!("/{}", scan.category) };
        scan.category = format!("{}{suffix}", self.inputs.category);
        scan.arguments.push(format!("--sarif-category={}", scan.category));
    }

    /// Returns what the event and the inputs ask for.
    fn request(&mut self) -> Result<Request, InputError> {
        let commit = |text: &Option<String>, error| match text {
            Some(text) => Oid::from_hex(text.as_bytes()).or_else(|| self.clone.resolve(text)).ok_or(error).map(Some),
            None => Ok(None),
        };
        let base = commit(&self.inputs.base, InputError("base is no commit here"))?;
        let head = commit(&self.inputs.head, InputError("head is no commit here"))?;
        let gitlab = self.event.variable("GITHUB_EVENT_NAME").is_none() && self.event.variable("GITLAB_CI").is_some();
        let tip = |branch: &str| self.remote.as_ref().and_then(|remote| self.clone.tip(remote, branch));
        let request = if gitlab { gitlab::request(self.event) } else { github::request(self.event, &tip) };
        let mut change = match request {
            Request::Change(change) => change,
            Request::Nothing(why) => return Ok(Request::Nothing(why)),
            other if base.is_none() => return Ok(other),
            _ => Change { bases: Vec::new(), head: None, head_ref: None, policy: PolicyOf::MergeBase, is_push: false },
        };
        if let Some(base) = base {
            change.bases = vec![Base::Commit(base)];
        }
        if head.is_some() {
            (change.head, change.head_ref, change.policy) = (head, None, PolicyOf::MergeBase);
        }
        if let Some(label) = &self.inputs.accept_label {
            self.notices.extend(change.accept(&self.event.payload, label));
        }
        Ok(Request::Change(change))
    }

    /// Plans the scan of a range.
    fn change(&mut self, change: &Change) -> ScanStep {
        let (base, head) = match self.ends(change) {
            Ok(ends) => ends,
            Err(why) => return fallback(&why, &name_of(change)),
        };
        let from = base.map_or_else(|| "0".repeat(head.to_string().len()), |base| base.to_string());
        let range = format!("{from}..{head}");
        let mut arguments = vec!["scan".to_owned(), format!("--range={range}")];
        match &change.policy {
            PolicyOf::MergeBase => {}
            PolicyOf::AcceptedBy(user) => arguments.push(format!("--accept-policy={user}")),
            PolicyOf::Head => arguments.push(format!("--policy-ref={head}")),
        }
        let mut range = if base.is_some() { range } else { format!("every commit of {head}") };
        if self.clone.is_part() {
            arguments.push(".".to_owned());
            range.push_str(" (below the input path)");
        }
        let category = if change.is_push { "push" } else { "" }.to_owned();
        ScanStep { arguments, range, category, ..ScanStep::default() }
    }

    /// Plans the scan of everything that is checked out or stored. What a change proposes does not allow itself here either.
    fn whole(&mut self, request: &Request, name: &str) -> ScanStep {
        let mut arguments = vec!["scan".to_owned()];
        arguments.extend((name == "history").then(|| "--history".to_owned()));
        let base = match request {
            Request::Change(change) if change.policy != PolicyOf::Head => {
                Some(self.ends(change).ok().and_then(|ends| ends.0))
            }
            Request::Unknown(_) => Some(None),
            _ => None,
        };
        match base {
            Some(Some(base)) => arguments.push(format!("--policy-ref={base}")),
            Some(None) => {
                arguments.push("--no-config".to_owned());
                self.notices.push("No policy was obeyed: the one of the base cannot be read.".to_owned());
            }
            None => {}
        }
        arguments.push("--confined".to_owned());
        ScanStep { arguments, range: name.to_owned(), category: name.to_owned(), ..ScanStep::default() }
    }

    fn history(&mut self, request: &Request) -> ScanStep {
        let scan = self.whole(request, "history");
        if let Some(remote) = self.remote.clone() {
            if self.clone.is_shallow() {
                self.fetch(&format!("fetch --no-recurse-submodules --unshallow {remote}"), "--unshallow");
            } else if self.clone.is_partial() {
                // Without --no-filter git would leave the same objects out again.
                self.fetch(&format!("fetch --no-recurse-submodules --refetch --no-filter {remote}"), "--refetch");
            }
        }
        scan
    }

    /// Adds a command unless it ran already: then what it names is among the words of those.
    fn fetch(&mut self, command: &str, names: &str) -> bool {
        let is_new = self.inputs.fetch && self.remote.is_some() && !self.tried.contains(names);
        if is_new {
            self.fetches.push(command.to_owned());
        }
        is_new
    }

    /// Adds the command that fetches a commit.
    fn fetch_commit(&mut self, commit: &str) -> bool {
        let remote = self.remote.clone().unwrap_or_default();
        self.fetch(&format!("fetch --no-tags --no-recurse-submodules {remote} {commit}"), commit)
    }

    fn has(&self, commit: Oid) -> bool {
        self.clone.resolve(&commit.to_string()).is_some()
    }

    /// Returns the ends of a range that is here completely. If commands were added, the outcome is not final.
    fn ends(&mut self, change: &Change) -> Result<Ends, String> {
        let head = self.head(change)?;
        let mut first_problem = None;
        for base in &change.bases {
            let outcome = self.start(base, change.is_push).and_then(|start| self.completed(start, head));
            match outcome {
                Ok(ends) => {
                    self.notices
                        .extend(first_problem.map(|why| format!("{why}: {} was scanned instead.", instead(base))));
                    return Ok(ends);
                }
                Err(why) if self.fetches.is_empty() => first_problem = first_problem.or(Some(why)),
                Err(why) => return Err(why),
            }
        }
        Err(first_problem.unwrap_or_else(|| "The event names no base".to_owned()))
    }

    fn head(&mut self, change: &Change) -> Result<Oid, String> {
        let Some(head) = change.head else {
            return self.clone.resolve("HEAD").ok_or_else(|| "Nothing is checked out".to_owned());
        };
        if !self.has(head) && !self.fetch_commit(&head.to_string()) {
            change.head_ref.as_ref().map(|name| self.fetch_commit(name));
        }
        if self.has(head) { Ok(head) } else { Err(self.absent("head", &head.to_string())) }
    }

    /// Returns the commit where a range begins.
    fn start(&mut self, base: &Base, is_push: bool) -> Result<Option<Oid>, String> {
        match base {
            Base::Root => Ok(None),
            Base::Commit(oid) if self.has(*oid) => Ok(Some(*oid)),
            Base::Commit(oid) => {
                self.fetch_commit(&oid.to_string());
                Err(self.absent(if is_push { "old tip" } else { "base" }, &oid.to_string()))
            }
            Base::Branch(name) => {
                let remote = self.remote.clone().unwrap_or_default();
                if let Some(tip) = self.clone.tip(&remote, name) {
                    return Ok(Some(tip));
                }
                self.fetch_commit(&format!("+refs/heads/{name}:refs/remotes/{remote}/{name}"));
                Err(self.absent("branch", name))
            }
        }
    }

    fn absent(&self, what: &str, name: &str) -> String {
        let why = if self.inputs.fetch {
            "could not be fetched"
        } else {
            "is not here, and the input fetch forbids to fetch it"
        };
        format!("The {what} {name} {why}")
    }

    /// Checks that nothing between the ends is cut off, and adds the commands that complete it.
    fn completed(&mut self, base: Option<Oid>, head: Oid) -> Result<Ends, String> {
        if !self.clone.holds(base, head) {
            let remote = self.remote.clone().unwrap_or_default();
            let ends: Vec<String> = base.iter().chain([&head]).map(ToString::to_string).collect();
            let unshallow = format!("fetch --no-tags --no-recurse-submodules --unshallow {remote}");
            if !self.fetch(&format!("{unshallow} {}", ends.join(" ")), "--unshallow") {
                // A server may refuse to give commits by their ids.
                let all = "--depth=2147483647";
                self.fetch(&format!("fetch --no-tags --no-recurse-submodules {all} {remote}"), all);
            }
            return Err("The clone is shallow, and the rest of its history could not be fetched".to_owned());
        }
        if self.clone.is_partial() {
            let missing = self.clone.missing(base, head).iter().map(ToString::to_string).collect::<Vec<_>>();
            let missing: Vec<String> = missing.into_iter().filter(|oid| !self.tried.contains(oid)).collect();
            let remote = self.remote.clone().unwrap_or_default();
            for objects in missing.chunks(OBJECTS_PER_FETCH) {
                let command = format!(
                    "-c fetch.negotiationAlgorithm=noop fetch --no-tags --no-recurse-submodules --no-write-fetch-head \
                     --filter=blob:none {remote} {}",
                    objects.join(" ")
                );
                self.fetch(&command, &objects[0]);
            }
        }
        Ok((base, head))
    }
}

/// Plans the scan of what is checked out, which is not what the event brought.
fn fallback(why: &str, missed: &str) -> ScanStep {
    let warning =
        format!("{why}: only the tree that is checked out was scanned, not the range, and no policy was obeyed.");
    ScanStep {
        arguments: ["scan", "--no-config", &format!("--unscanned={missed}")].map(str::to_owned).into(),
        range: "tree (the range is missing)".to_owned(),
        warning: Some(warning),
        category: "tree".to_owned(),
        ..ScanStep::default()
    }
}

/// Names a range that may not be here.
fn name_of(change: &Change) -> String {
    let head = change.head.map_or_else(|| "HEAD".to_owned(), |head| head.to_string());
    match change.bases.first() {
        Some(Base::Commit(base)) => format!("{base}..{head}"),
        Some(Base::Branch(name)) => format!("{name}..{head}"),
        _ => head,
    }
}

fn instead(base: &Base) -> String {
    match base {
        Base::Commit(oid) => format!("what {oid} does not hold"),
        Base::Branch(name) => format!("what {name} does not hold"),
        Base::Root => "every commit".to_owned(),
    }
}
