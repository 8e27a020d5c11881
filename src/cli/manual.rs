//! `pinstripe completions` and `pinstripe man`, generated from the definitions of the arguments.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;

use super::command::Cli;
use super::output;
use crate::rules::load;

const EXIT_STATUS: &str = r".SH EXIT STATUS
.TP
0
Scan complete, no open finding at or above \fB\-\-fail\-on\fR.
.TP
1
An open finding at or above it, whether or not the scan is complete.
.TP
2
Usage, configuration, rules or internal error.
.TP
3
No such finding, but the scan is incomplete.
.TP
130
Interrupted by Ctrl\-C: the report holds what was found so far.
";

/// Commands of the section EXAMPLES, and what they do.
const EXAMPLES: &[(&str, &str)] = &[
    ("pinstripe .", "Scan the files of the current directory."),
    ("kubectl get secret -o yaml | pinstripe scan -", "Scan what another program prints."),
    ("pinstripe scan --staged", "Scan what is about to be committed."),
    ("pinstripe scan --range origin/main..HEAD", "Scan what a branch brings, every commit of it."),
    ("pinstripe scan --history", "Scan every object of the repository, also what nothing refers to any more."),
    (
        "pinstripe scan --history --output sarif=pinstripe.sarif --fail-on critical",
        "Also write a report for code scanning; fail on live keys that can take money only.",
    ),
    ("pinstripe hook install", "Scan every commit of this repository before it is made."),
    ("pinstripe baseline create --reason 'known on the first day'", "Accept what is open now; new findings fail."),
    ("pinstripe rules explain webhook-unverified", "Explain a rule, with the right code for each language."),
];

pub(super) fn completions(shell: Shell) -> anyhow::Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "pinstripe", &mut script);
    output::print_bytes(with_rule_ids(shell, &String::from_utf8(script)?).as_bytes())?;
    Ok(0)
}

/// Adds the ids that `rules explain` takes for the shells whose generators leave out values without an option.
fn with_rule_ids(shell: Shell, script: &str) -> String {
    let ids: Vec<&str> = load::builtin_ids().collect();
    let each = |make: fn(&str) -> String| ids.iter().map(|id| make(id)).collect::<String>();
    let (place, added) = match shell {
        Shell::Fish => {
            let condition = "__fish_pinstripe_using_subcommand rules; and __fish_seen_subcommand_from explain";
            return format!("{script}complete -c pinstripe -n \"{condition}\" -f -a \"{}\"\n", ids.join(" "));
        }
        Shell::PowerShell => (
            "'pinstripe;rules;explain' {\n",
            each(|id| {
                format!("[CompletionResult]::new('{id}', '{id}', [CompletionResultType]::ParameterValue, '{id}')\n")
            }),
        ),
        Shell::Elvish => ("'pinstripe;rules;explain'= {\n", each(|id| format!("cand {id} 'rule'\n"))),
        _ => return script.to_owned(),
    };
    script.replace(place, &format!("{place}{added}"))
}

/// Prints the manual page: a section for the program, then one for each command.
pub(super) fn man() -> anyhow::Result<u8> {
    let mut root = Cli::command();
    root.build();
    let mut page = Vec::new();
    let man = Man::new(root.clone());
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    commands(&root, "pinstripe", &mut page)?;
    page.write_all(EXIT_STATUS.as_bytes())?;
    writeln!(page, ".SH EXAMPLES")?;
    for (command, effect) in EXAMPLES {
        writeln!(page, ".TP\n\\fB{}\\fR\n{effect}", command.replace('-', "\\-"))?;
    }
    output::print_bytes(&page)?;
    Ok(0)
}

/// Writes a section for each command without subcommands.
fn commands(command: &clap::Command, name: &str, page: &mut Vec<u8>) -> io::Result<()> {
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        let name = format!("{name} {}", sub.get_name());
        if sub.has_subcommands() {
            commands(sub, &name, page)?;
            continue;
        }
        let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
        writeln!(page, ".SH \"{}\"\n{}.", name.to_uppercase().replace('-', "\\-"), about.replace('-', "\\-"))?;
        let mut options = Vec::new();
        Man::new(sub.clone()).render_options_section(&mut options)?;
        // Options are subsections of their command.
        let options = String::from_utf8_lossy(&options).replace(".SH", ".SS");
        page.write_all(options.as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::command::with_command;

    #[test]
    fn every_example_is_understood() {
        for (line, _) in EXAMPLES {
            let command = line.rsplit("| ").next().unwrap().replace("'known on the first day'", "known");
            let words = with_command(command.split(' ').map(Into::into).collect());
            assert!(Cli::try_parse_from(words).is_ok(), "{line}");
        }
    }
}
