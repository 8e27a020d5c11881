//! The tables and indexes of a database: their columns, and the pages that belong to each.

use std::collections::{BTreeMap, HashMap};

use super::super::walker::ArchiveWalker;
use super::definition::{TableDefinition, index_columns};
use super::pages::{INDEX_LEAF, Page, PageFile, TABLE_LEAF};
use super::record::{Value, columns, long};

/// Bytes of SQL that are read; what stands behind has no names.
const MAX_SQL: usize = 16 << 20;
/// Pages whose table is known.
const MAX_NAMED_PAGES: usize = 2 << 20;
/// Characters of the name of a table or column.
const MAX_NAME: usize = 128;

/// The way in which entries of a table or an index name their row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RowNumber {
    /// Each has a number.
    Key,
    /// The last column is the number.
    LastColumn,
    /// There are no numbers.
    None,
}

/// The column of an entry.
#[derive(Debug, Clone, Copy)]
pub(super) struct ColumnPlace {
    pub(super) page: u32,
    pub(super) cell: usize,
    /// See [`Schema::row_of`].
    pub(super) row: Option<i64>,
    pub(super) column: usize,
}

/// A table or an index.
#[derive(Debug)]
struct StoredTable {
    name: String,
    columns: Vec<String>,
    row: RowNumber,
}

/// A row of the schema.
struct SchemaRow {
    name: String,
    table: String,
    root: u32,
    sql: String,
}

/// The encoding of texts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum TextEncoding {
    #[default]
    Utf8,
    Utf16Le,
    Utf16Be,
}

impl TextEncoding {
    /// Reads it from the first page.
    fn of(first: &Page) -> Self {
        match long(&first.bytes, 56) {
            2 => Self::Utf16Le,
            3 => Self::Utf16Be,
            _ => Self::Utf8,
        }
    }

    /// Converts a text to UTF-8, unless it may be that already.
    pub(super) fn decode(self, text: &[u8]) -> Option<String> {
        let unit: fn([u8; 2]) -> u16 = match self {
            Self::Utf8 => return None,
            Self::Utf16Le => u16::from_le_bytes,
            Self::Utf16Be => u16::from_be_bytes,
        };
        let units = text.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        Some(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
    }
}

/// Properties of all pages, from the header of the first one.
#[derive(Default)]
pub(super) struct Schema {
    pub(super) encoding: TextEncoding,
    tables: Vec<StoredTable>,
    pages: HashMap<u32, usize>,
}

impl Schema {
    /// Reads the schema of a file that holds the first page.
    pub(super) fn read(walker: &mut ArchiveWalker<'_>, file: &mut PageFile<'_>) -> Self {
        let Some(first) = file.last(1) else { return Self::default() };
        let mut schema = Self { encoding: TextEncoding::of(&first), ..Self::default() };
        let own = ["type", "name", "tbl_name", "rootpage", "sql"].map(str::to_owned).to_vec();
        schema.add(
            walker,
            file,
            (1, StoredTable { name: "sqlite_schema".to_owned(), columns: own, row: RowNumber::Key }),
        );
        let rows = schema.rows(walker, file);
        let (tables, indexes): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.name == row.table);
        let mut definitions = BTreeMap::new();
        for row in tables {
            let definition = TableDefinition::parse(&row.sql);
            let number = if definition.without_rowid { RowNumber::None } else { RowNumber::Key };
            let columns = definition.columns.iter().map(|name| short(name)).collect();
            let table = StoredTable { name: short(&row.name), columns, row: number };
            definitions.insert(row.name, definition);
            schema.add(walker, file, (row.root, table));
        }
        for index in indexes {
            let nothing = TableDefinition::default();
            let table = definitions.get(&index.table).unwrap_or(&nothing);
            let mut columns = indexed_columns(table, &index);
            if table.without_rowid {
                table.add_primary(&mut columns);
            }
            let row = if table.without_rowid { RowNumber::None } else { RowNumber::LastColumn };
            let columns = columns.iter().map(|name| short(name)).collect();
            schema.add(walker, file, (index.root, StoredTable { name: short(&index.table), columns, row }));
        }
        schema
    }

    /// Returns the table that a page belongs to.
    fn table(&self, page: u32) -> Option<&StoredTable> {
        self.tables.get(*self.pages.get(&page)?)
    }

    /// Returns the number of the row that an entry belongs to, given that of its cell and its last column.
    pub(super) fn row_of(&self, page: u32, cell: Option<i64>, last: Option<i64>) -> Option<i64> {
        match self.table(page)?.row {
            RowNumber::Key => cell,
            RowNumber::LastColumn => last,
            RowNumber::None => None,
        }
    }

    /// Returns the name of a column, where it is known.
    pub(super) fn label(&self, page: u32, column: usize) -> &str {
        self.table(page).and_then(|table| table.columns.get(column)).map_or("", String::as_str)
    }

    /// Names a column of an entry: `options.option_value, row 3`; without a schema `page 2 cell 0 value 1`.
    pub(super) fn name(&self, &ColumnPlace { page, cell, row, column }: &ColumnPlace) -> String {
        let Some(StoredTable { name, .. }) = self.table(page) else {
            return format!("page {page} cell {cell} value {}", column + 1);
        };
        let column = match self.label(page, column) {
            "" => format!("{name} value {}", column + 1),
            label => format!("{name}.{label}"),
        };
        row.map_or_else(|| format!("{column}, page {page} cell {cell}"), |row| format!("{column}, row {row}"))
    }

    /// Adds a table and finds its pages. The pages below one inner page are all leaves if the first of them is.
    fn add(&mut self, walker: &mut ArchiveWalker<'_>, file: &mut PageFile<'_>, (root, table): (u32, StoredTable)) {
        let number = self.tables.len();
        self.tables.push(table);
        let mut open = vec![root];
        while let Some(page) = open.pop() {
            if self.pages.len() >= MAX_NAMED_PAGES || self.pages.contains_key(&page) || !walker.budget.expand(0) {
                continue;
            }
            self.pages.insert(page, number);
            let children = file.last(page).map(|page| page.children(file.usable)).unwrap_or_default();
            let first = children.first().and_then(|first| file.last(*first));
            if first.is_some_and(|first| matches!(first.kind(), TABLE_LEAF | INDEX_LEAF)) {
                children.iter().for_each(|child| _ = self.pages.entry(*child).or_insert(number));
            } else {
                open.extend(children);
            }
        }
    }

    /// Reads the rows of the schema, whose pages are the only ones that are known yet.
    fn rows(&self, walker: &mut ArchiveWalker<'_>, file: &mut PageFile<'_>) -> Vec<SchemaRow> {
        let mut pages: Vec<u32> = self.pages.keys().copied().collect();
        pages.sort_unstable();
        let (mut rows, mut read) = (Vec::new(), 0);
        for page in pages {
            let Some(page) = file.last(page) else { continue };
            file.cells(walker, &page, &mut |_, cell| {
                read += cell.payload.len();
                if read <= MAX_SQL {
                    rows.extend(self.row(&cell.payload, cell.length));
                }
            });
        }
        rows
    }

    fn row(&self, payload: &[u8], length: u64) -> Option<SchemaRow> {
        let text = |bytes: &[u8]| self.encoding.decode(bytes).unwrap_or_else(|| String::from_utf8_lossy(bytes).into());
        let mut row = SchemaRow { name: String::new(), table: String::new(), root: 0, sql: String::new() };
        for (column, value) in columns(payload, length)? {
            match (column, value) {
                (1, Value::Text(name)) => row.name = text(name),
                (2, Value::Text(name)) => row.table = text(name),
                (3, Value::Number(root)) => row.root = u32::try_from(root).unwrap_or(0),
                (4, Value::Text(sql)) => row.sql = text(sql),
                _ => {}
            }
        }
        // Views, triggers and virtual tables have no pages.
        (row.root > 1).then_some(row)
    }
}

/// Returns the columns of an index: by its SQL or, if it belongs to a key of its table, by the number in its name.
fn indexed_columns(table: &TableDefinition, index: &SchemaRow) -> Vec<String> {
    if !index.sql.is_empty() {
        return index_columns(&index.sql);
    }
    let number = index.name.rsplit('_').next().and_then(|number| number.parse::<usize>().ok());
    number.and_then(|number| table.keys.get(number.checked_sub(1)?)).cloned().unwrap_or_default()
}

/// Bounds a name.
fn short(name: &str) -> String {
    name.chars().take(MAX_NAME).collect()
}
