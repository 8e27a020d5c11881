//! The inputs of the step.

use super::event::Variables;

/// An input that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the input {0}")]
pub(crate) struct InputError(pub(super) &'static str);

/// The subject of the scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// As the event says.
    Auto,
    /// A range, or nothing.
    Diff,
    Tree,
    History,
}

#[derive(Debug, Clone)]
pub(crate) struct Inputs {
    pub(super) mode: Mode,
    pub(super) base: Option<String>,
    pub(super) head: Option<String>,
    /// Missing commits and objects may be fetched.
    pub(super) fetch: bool,
    pub(super) config: Option<String>,
    pub(super) baseline: Option<String>,
    /// The label that accepts changes of the policy.
    pub(super) accept_label: Option<String>,
    pub(super) category: String,
}

impl Inputs {
    /// # Errors
    /// An input has a value that it cannot have.
    pub(crate) fn read(variables: Variables<'_>) -> Result<Self, InputError> {
        let input = |name: &str| variables(&format!("PINSTRIPE_{name}"));
        let mode = match input("SCAN").as_deref() {
            None | Some("auto") => Mode::Auto,
            Some("diff") => Mode::Diff,
            Some("tree") => Mode::Tree,
            Some("history") => Mode::History,
            Some(_) => return Err(InputError("scan is auto, diff, tree or history")),
        };
        let one_line = |text: &String| !text.contains(char::is_control);
        let (config, baseline) = (input("CONFIG"), input("BASELINE"));
        if !config.iter().chain(&baseline).all(one_line) {
            return Err(InputError("config or baseline has control characters"));
        }
        let category = input("CATEGORY").unwrap_or_else(|| "pinstripe".to_owned());
        if !one_line(&category) {
            return Err(InputError("category has control characters"));
        }
        Ok(Self {
            mode,
            base: input("BASE"),
            head: input("HEAD"),
            fetch: input("FETCH").is_none_or(|fetch| fetch == "true"),
            config,
            baseline,
            accept_label: input("ACCEPT_POLICY_LABEL"),
            category,
        })
    }
}
