//! The difference of two texts, line by line, for people who decide whether it is the one they meant.

/// A line of a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// In both.
    Same {
        /// The line.
        text: String,
        /// Whether a changed one is close by.
        near: bool,
    },
    /// In the old text only.
    Gone(String),
    /// In the new text only.
    New(String),
}

/// What turns `old` into `new`: a longest common subsequence of lines stays.
pub(super) fn difference(old: &str, new: &str) -> Vec<Line> {
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let start = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let rest = old.len().min(new.len()) - start;
    let end = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(rest)
        .take_while(|(old, new)| old == new)
        .count();
    let (middle_old, middle_new) = (slice(&old, start, end), slice(&new, start, end));
    let same = |text: &&str| Line::Same {
        text: (*text).to_owned(),
        near: false,
    };
    let mut lines: Vec<Line> = old.iter().take(start).map(same).collect();
    if middle_old.len().saturating_mul(middle_new.len()) > MOST_COMPARED {
        lines.extend(middle_old.iter().map(|text| Line::Gone((*text).to_owned())));
        lines.extend(middle_new.iter().map(|text| Line::New((*text).to_owned())));
    } else {
        lines.extend(between(middle_old, middle_new));
    }
    lines.extend(old.iter().skip(old.len() - end).map(same));
    mark_near(&mut lines);
    lines
}

fn slice<'a, 'b>(lines: &'b [&'a str], start: usize, end: usize) -> &'b [&'a str] {
    lines.get(start..lines.len() - end).unwrap_or_default()
}

fn between(old: &[&str], new: &[&str]) -> Vec<Line> {
    // lengths[i][j]: how long a common subsequence of old[i..] and new[j..] can be.
    let width = new.len() + 1;
    let mut lengths = vec![0_u32; (old.len() + 1) * width];
    let at = |i: usize, j: usize| i * width + j;
    for (i, old) in old.iter().enumerate().rev() {
        for (j, new) in new.iter().enumerate().rev() {
            let length = |i, j| lengths.get(at(i, j)).copied().unwrap_or_default();
            let longest = if old == new {
                length(i + 1, j + 1) + 1
            } else {
                length(i + 1, j).max(length(i, j + 1))
            };
            if let Some(length) = lengths.get_mut(at(i, j)) {
                *length = longest;
            }
        }
    }
    let length = |i, j| lengths.get(at(i, j)).copied().unwrap_or_default();
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    loop {
        match (old.get(i), new.get(j)) {
            (Some(gone), Some(come)) if gone == come => {
                lines.push(Line::Same {
                    text: (*gone).to_owned(),
                    near: false,
                });
                (i, j) = (i + 1, j + 1);
            }
            (Some(gone), come) if come.is_none() || length(i + 1, j) >= length(i, j + 1) => {
                lines.push(Line::Gone((*gone).to_owned()));
                i += 1;
            }
            (_, Some(come)) => {
                lines.push(Line::New((*come).to_owned()));
                j += 1;
            }
            (_, None) => return lines,
        }
    }
}

fn mark_near(lines: &mut [Line]) {
    let changed: Vec<usize> = lines
        .iter()
        .enumerate()
        .filter_map(|(place, line)| (!matches!(line, Line::Same { .. })).then_some(place))
        .collect();
    for (place, line) in lines.iter_mut().enumerate() {
        if let Line::Same { near, .. } = line {
            let next = changed.partition_point(|changed| *changed < place);
            let close = |index: Option<usize>| {
                index
                    .and_then(|index| changed.get(index))
                    .is_some_and(|changed| changed.abs_diff(place) <= NEAR)
            };
            *near = close(Some(next)) || close(next.checked_sub(1));
        }
    }
}

/// So many pairs of lines are compared; beyond that everything between is shown as changed.
const MOST_COMPARED: usize = 4_000_000;
const NEAR: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    fn written(old: &str, new: &str) -> String {
        let lines = difference(old, new).into_iter().map(|line| match line {
            Line::Same { text, near: true } => format!(" {text}"),
            Line::Same { text, near: false } => format!("~{text}"),
            Line::Gone(text) => format!("-{text}"),
            Line::New(text) => format!("+{text}"),
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_changed_line_stands_between_what_stayed() {
        assert_eq!(written("a\nb\nc", "a\nx\nc"), " a\n-b\n+x\n c");
        assert_eq!(written("a\nb", "a\nb"), "~a\n~b");
        assert_eq!(written("", "a"), "+a");
        assert_eq!(written("a", ""), "-a");
        assert_eq!(written("1\n2\n3\n4\n5", "1\n2\n3\n4\n5\n6"), "~1\n~2\n~3\n 4\n 5\n+6");
        assert_eq!(written("a\nb\nc\nd", "b\nc\nx\nd"), "-a\n b\n c\n+x\n d");
    }

    #[test]
    fn the_old_and_the_new_text_can_be_read_from_it() {
        let (old, new) = ("一\n二\n三\n二\n四", "二\n一\n二\n四\n五");
        let lines = difference(old, new);
        let side =
            |keep: fn(&Line) -> Option<&String>| lines.iter().filter_map(keep).cloned().collect::<Vec<_>>().join("\n");
        assert_eq!(
            side(|line| match line {
                Line::Same { text, .. } | Line::Gone(text) => Some(text),
                Line::New(_) => None,
            }),
            old
        );
        assert_eq!(
            side(|line| match line {
                Line::Same { text, .. } | Line::New(text) => Some(text),
                Line::Gone(_) => None,
            }),
            new
        );
    }
}
