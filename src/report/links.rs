//! Links to lines and commits on the host of the repository.

use super::{Options, describe, uri};
use crate::model::{Location, Origin, Reach, Report};

/// The pages of a repository; without an address there are none.
pub(super) struct Links<'a> {
    url: Option<&'a str>,
    head: Option<&'a str>,
}

impl<'a> Links<'a> {
    pub(super) fn new(report: &'a Report, options: &'a Options) -> Self {
        Self { url: options.repository_url.as_deref(), head: report.target.head.as_deref() }
    }

    /// Returns the page of a file and line, in the head's version where that has it.
    pub(super) fn line(&self, location: &Location) -> Option<String> {
        let url = self.url?;
        match location.origin {
            Origin::File | Origin::FileName => {}
            Origin::CommitMessage | Origin::Author | Origin::Committer => return self.commit(location),
            _ => return None,
        }
        let commit = if is_current(location) { self.head } else { location.commit.as_deref() };
        let commit = commit.filter(|id| is_id(id))?;
        let path = uri::of_path(&location.path, location.path_encoding.is_some());
        let lines = match (location.line, location.end_line) {
            _ if location.origin != Origin::File || describe::is_inside(location) => String::new(),
            (from, to) if from == to => format!("#L{from}"),
            (from, to) => format!("#L{from}-L{to}"),
        };
        Some(format!("{url}/blob/{commit}/{path}{lines}"))
    }

    /// Returns the page of a commit that is not the head.
    pub(super) fn commit(&self, location: &Location) -> Option<String> {
        let commit = location.commit.as_deref().filter(|id| is_id(id) && Some(*id) != self.head)?;
        Some(format!("{}/commit/{commit}", self.url?))
    }
}

fn is_current(location: &Location) -> bool {
    matches!(location.reach, Reach::Head | Reach::Worktree | Reach::Index)
}

fn is_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn lines_of_the_head_or_of_their_commit() {
        let mut report = sample::report();
        let (head, old) = ("a".repeat(40), "b".repeat(40));
        report.target.head = Some(head.clone());
        let options = Options { repository_url: Some("https://host/o/r".to_owned()), ..sample::OPTIONS };
        let links = Links::new(&report, &options);
        let mut place = Location { line: 3, end_line: 3, ..Location::in_file("a b/(c)>.js".to_owned()) };
        place.commit = Some(old.clone());
        let file = "a%20b/(c)%3E.js";
        assert_eq!(links.line(&place), Some(format!("https://host/o/r/blob/{head}/{file}#L3")));
        assert_eq!(links.commit(&place), Some(format!("https://host/o/r/commit/{old}")));
        (place.reach, place.end_line) = (Reach::Ref, 5);
        assert_eq!(links.line(&place), Some(format!("https://host/o/r/blob/{old}/{file}#L3-L5")));
        place.archive = vec!["member".to_owned()];
        assert_eq!(links.line(&place), Some(format!("https://host/o/r/blob/{old}/{file}")));
        place.origin = Origin::CommitMessage;
        assert_eq!(links.line(&place), links.commit(&place));
        for odd in ["x>) [", "", "abc"] {
            place.commit = Some(odd.to_owned());
            assert_eq!(links.commit(&place), None);
        }
        assert_eq!(Links::new(&report, &sample::OPTIONS).line(&place), None);
    }
}
