//! Entry points of the fuzz targets to the reader of CODEOWNERS files.

use super::CodeOwners;
use crate::model::OwnersDialect;

/// Reads a file in each dialect and looks the owners of a path up: each of them stands in the file.
pub fn owners(bytes: &[u8], path: &str) {
    let text = String::from_utf8_lossy(bytes);
    for dialect in [OwnersDialect::Github, OwnersDialect::Gitlab, OwnersDialect::Bitbucket] {
        let Some(mut file) = CodeOwners::parse(dialect, "CODEOWNERS", bytes) else { continue };
        let owners: Vec<String> = file.of(path).unwrap_or_default().into_iter().map(str::to_owned).collect();
        assert!(owners.iter().all(|owner| text.contains(&**owner) && owner.contains('@')));
        assert_eq!(file.of(path).unwrap_or_default(), owners);
    }
}
