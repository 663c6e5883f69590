//! What lies inside the encryption: a manifest, then every table, row by row, then a digest over all of it.

use std::io::{self, Read, Write};

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) program: String,
    /// Unix seconds.
    pub(crate) made_at: i64,
    /// The numbers of the migrations that the database had seen.
    pub(crate) schema: Vec<i64>,
    /// The last number of the revocation sequence.
    pub(crate) revocations: i64,
    /// The last number of the issuance sequence.
    pub(crate) certificates: i64,
    /// How many events the audit had.
    pub(crate) events: i64,
    /// The audit's last head, in hexadecimal; empty where there was no event.
    pub(crate) head: String,
    /// The last CRLNumber of each authority.
    pub(crate) lists: Vec<ListNumber>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ListNumber {
    pub(crate) authority: String,
    pub(crate) number: i64,
}

/// A table, and the order of the values in its rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
}

/// A value of a row: the column types of both databases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Null,
    Integer(i64),
    Text(String),
    Octets(Vec<u8>),
}

/// A piece of a backup, in the order in which they come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Record {
    Manifest(Box<Manifest>),
    Table(Table),
    Row(Vec<Cell>),
    /// How many rows there were, and the SHA-256 over everything before.
    End {
        rows: u64,
        digest: [u8; 32],
    },
}

/// Writes records.
pub(crate) struct Writer<W> {
    to: W,
    digest: digest::Context,
    rows: u64,
}

/// Reads records; whatever does not fit is [`io::ErrorKind::InvalidData`].
pub(crate) struct Reader<R> {
    from: R,
    digest: digest::Context,
    rows: u64,
}

impl<W: Write> Writer<W> {
    pub(crate) fn new(to: W, manifest: &Manifest) -> io::Result<Self> {
        let mut writer = Self {
            to,
            digest: digest::Context::new(&digest::SHA256),
            rows: 0,
        };
        writer.put(MAGIC)?;
        writer.block(MANIFEST, &serde_json::to_vec(manifest)?)?;
        Ok(writer)
    }

    pub(crate) fn table(&mut self, table: &Table) -> io::Result<()> {
        self.block(TABLE, &serde_json::to_vec(table)?)
    }

    pub(crate) fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        self.rows += 1;
        self.block(ROW, &encode(cells)?)
    }

    /// Ends the backup: the rows, the digest over everything, and what was written to.
    pub(crate) fn finish(mut self) -> io::Result<(u64, [u8; 32], W)> {
        let digest = finished(self.digest);
        self.to.write_all(&[END])?;
        self.to.write_all(&self.rows.to_be_bytes())?;
        self.to.write_all(&digest)?;
        Ok((self.rows, digest, self.to))
    }

    fn block(&mut self, kind: u8, content: &[u8]) -> io::Result<()> {
        let length = u32::try_from(content.len()).map_err(|_| wrong("a row of 4 GiB"))?;
        self.put(&[kind])?;
        self.put(&length.to_be_bytes())?;
        self.put(content)
    }

    fn put(&mut self, octets: &[u8]) -> io::Result<()> {
        self.digest.update(octets);
        self.to.write_all(octets)
    }
}

impl<R: Read> Reader<R> {
    pub(crate) fn new(from: R) -> io::Result<Self> {
        let mut reader = Self {
            from,
            digest: digest::Context::new(&digest::SHA256),
            rows: 0,
        };
        if reader.take(MAGIC.len())? != MAGIC {
            return Err(wrong("it is no backup of this program"));
        }
        Ok(reader)
    }

    pub(crate) fn next(&mut self) -> io::Result<Record> {
        let mut kind = [0];
        self.from.read_exact(&mut kind)?;
        if kind == [END] {
            // The digest is over everything before this record.
            let (mut rows, mut digest) = ([0; 8], [0; 32]);
            self.from.read_exact(&mut rows)?;
            self.from.read_exact(&mut digest)?;
            let rows = u64::from_be_bytes(rows);
            if rows != self.rows || digest != finished(self.digest.clone()) || self.from.read(&mut [0])? != 0 {
                return Err(wrong("its digest is another"));
            }
            return Ok(Record::End { rows, digest });
        }
        self.digest.update(&kind);
        let mut length = [0; 4];
        length.copy_from_slice(&self.take(4)?);
        let content = self.take(usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX))?;
        Ok(match kind {
            [MANIFEST] => Record::Manifest(serde_json::from_slice(&content)?),
            [TABLE] => Record::Table(serde_json::from_slice(&content)?),
            [ROW] => {
                self.rows += 1;
                Record::Row(decode(&content)?)
            }
            _ => return Err(wrong("it was written by a later version of this program")),
        })
    }

    fn take(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut octets = Vec::new();
        // Memory is taken as octets come, not as a length promises.
        let read = self.from.by_ref().take(length as u64).read_to_end(&mut octets)?;
        if read != length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.digest.update(&octets);
        Ok(octets)
    }
}

fn encode(cells: &[Cell]) -> io::Result<Vec<u8>> {
    let mut row = Vec::new();
    for cell in cells {
        let (kind, octets) = match cell {
            Cell::Null => {
                row.push(NULL);
                continue;
            }
            Cell::Integer(value) => {
                row.push(INTEGER);
                row.extend_from_slice(&value.to_be_bytes());
                continue;
            }
            Cell::Text(text) => (TEXT, text.as_bytes()),
            Cell::Octets(octets) => (OCTETS, octets.as_slice()),
        };
        let length = u32::try_from(octets.len()).map_err(|_| wrong("a value of 4 GiB"))?;
        row.push(kind);
        row.extend_from_slice(&length.to_be_bytes());
        row.extend_from_slice(octets);
    }
    Ok(row)
}

fn decode(mut row: &[u8]) -> io::Result<Vec<Cell>> {
    let mut cells = Vec::new();
    while let Some((kind, rest)) = row.split_first() {
        row = rest;
        cells.push(match *kind {
            NULL => Cell::Null,
            INTEGER => Cell::Integer(i64::from_be_bytes(array(&mut row)?)),
            TEXT => Cell::Text(String::from_utf8(sized(&mut row)?).map_err(|_| wrong("a text is none"))?),
            OCTETS => Cell::Octets(sized(&mut row)?),
            _ => return Err(wrong("a value of no known kind")),
        });
    }
    Ok(cells)
}

fn sized(row: &mut &[u8]) -> io::Result<Vec<u8>> {
    let length = usize::try_from(u32::from_be_bytes(array(row)?)).unwrap_or(usize::MAX);
    let (octets, rest) = row
        .split_at_checked(length)
        .ok_or_else(|| wrong("a row that ends early"))?;
    *row = rest;
    Ok(octets.to_vec())
}

fn array<const N: usize>(row: &mut &[u8]) -> io::Result<[u8; N]> {
    let (octets, rest) = row
        .split_first_chunk::<N>()
        .ok_or_else(|| wrong("a row that ends early"))?;
    *row = rest;
    Ok(*octets)
}

fn finished(context: digest::Context) -> [u8; 32] {
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

pub(crate) fn wrong(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_owned())
}

const MAGIC: &[u8] = b"KAGIMORI backup 1\n";
const MANIFEST: u8 = b'M';
const TABLE: u8 = b'T';
const ROW: u8 = b'R';
const END: u8 = b'Z';

const NULL: u8 = 0;
const INTEGER: u8 = 1;
const TEXT: u8 = 2;
const OCTETS: u8 = 3;
