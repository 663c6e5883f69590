//! APDUs in, APDUs out: chaining, GET RESPONSE, and what the card forgets without power.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use zeroize::Zeroizing;

use super::{Answer, Chip, Fault, VirtualCard, storage::HeldStorage};
use crate::apdu::{CHAINED, CommandFault, Header, Parsed, Response, StatusWord, instruction};

/// What every card has, whatever is on its chip.
pub(super) struct Board {
    pub(super) storage: HeldStorage,
    pub(super) faults: Vec<Fault>,
    line: Line,
}

/// The part of a conversation that a reset ends.
#[derive(Default)]
struct Line {
    chain: Option<(Header, Zeroizing<Vec<u8>>)>,
    pending: Vec<u8>,
}

/// Why a command ends early.
pub(super) enum Halt {
    /// The card says why.
    Status(StatusWord),
    /// The power is gone.
    PowerCut,
}

impl From<StatusWord> for Halt {
    fn from(status: StatusWord) -> Self {
        Self::Status(status)
    }
}

impl From<CommandFault> for Halt {
    fn from(fault: CommandFault) -> Self {
        Self::Status(match fault {
            CommandFault::Length => StatusWord::WrongLength,
            CommandFault::Class => StatusWord::ClassNotSupported,
            CommandFault::Instruction => StatusWord::InstructionNotSupported,
            CommandFault::Parameters => StatusWord::WrongParameters,
            CommandFault::Reference => StatusWord::ReferenceNotFound,
            CommandFault::Data => StatusWord::WrongData,
        })
    }
}

impl VirtualCard {
    /// Answers one command APDU.
    pub fn respond(&mut self, command: &[u8]) -> Answer {
        if self.is_mute() {
            return Answer::Silence;
        }
        let response = match self.converse(command) {
            Ok(response) => response,
            Err(Halt::Status(status)) => Response {
                data: Vec::new(),
                status,
            },
            Err(Halt::PowerCut) => {
                self.reset();
                return Answer::Removed;
            }
        };
        Answer::Response(response.to_bytes())
    }

    /// Power on, power off or reset: the card forgets what it keeps without writing. Any number of times in a row.
    pub fn reset(&mut self) {
        self.board.line = Line::default();
        match &mut self.chip {
            Chip::Piv(chip) => chip.reset(),
            Chip::Citizen(chip) => chip.reset(),
        }
    }

    fn converse(&mut self, command: &[u8]) -> Result<Response, Halt> {
        if let Chip::Citizen(chip) = &mut self.chip {
            chip.spoken_to();
        }
        let apdu = Parsed::parse(command)?;
        let Header { cla, ins, .. } = apdu.header;
        let is_known = match self.chip {
            Chip::Piv(_) => cla & !CHAINED == 0,
            Chip::Citizen(_) => matches!(cla, 0x00 | 0x80),
        };
        if !is_known {
            return Err(StatusWord::ClassNotSupported.into());
        }
        if ins == instruction::GET_RESPONSE {
            return self.board.rest(&apdu);
        }
        self.board.line.pending.clear();
        let Some(joined) = self.join(&apdu)? else {
            return Ok(Response {
                data: Vec::new(),
                status: StatusWord::Success,
            });
        };
        let apdu = Parsed { data: &joined, ..apdu };
        let data = match &mut self.chip {
            Chip::Piv(chip) => chip.answer(&mut self.board, &apdu),
            Chip::Citizen(chip) => chip.answer(&mut self.board, &apdu),
        }?;
        self.board.power_point(Fault::RemovedAfter(ins))?;
        Ok(self.board.deliver(data, apdu.expected))
    }

    /// The whole data field, or `None` while more links are to come (ISO 7816-4 §5.3.3).
    fn join(&mut self, apdu: &Parsed<'_>) -> Result<Option<Zeroizing<Vec<u8>>>, Halt> {
        let Header { ins, p1, p2, .. } = apdu.header;
        let mut data = match self.board.line.chain.take() {
            Some((begun, data)) if (begun.ins, begun.p1, begun.p2) == (ins, p1, p2) => data,
            // Another command in the middle of a chain: the chain is given up.
            _ => Zeroizing::new(Vec::new()),
        };
        data.extend_from_slice(apdu.data);
        if data.len() > LONGEST_COMMAND {
            return Err(StatusWord::WrongLength.into());
        }
        if !apdu.header.is_chained() {
            return Ok(Some(data));
        }
        if let Chip::Piv(chip) = &mut self.chip {
            chip.linked(ins);
        }
        self.board.line.chain = Some((apdu.header, data));
        Ok(None)
    }
}

impl Board {
    pub(super) fn new(storage: HeldStorage) -> Self {
        Self {
            storage,
            faults: Vec::new(),
            line: Line::default(),
        }
    }

    /// The power fails here, if such a fault was armed.
    pub(super) fn power_point(&mut self, fault: Fault) -> Result<(), Halt> {
        match self.faults.iter().position(|armed| *armed == fault) {
            Some(at) => {
                self.faults.remove(at);
                Err(Halt::PowerCut)
            }
            None => Ok(()),
        }
    }

    /// As much as was asked for; the rest waits for GET RESPONSE (ISO 7816-4 §5.3.4).
    fn deliver(&mut self, mut data: Vec<u8>, expected: Option<u32>) -> Response {
        let most = usize::try_from(expected.unwrap_or(0)).unwrap_or(usize::MAX);
        if data.len() <= most {
            return Response {
                data,
                status: StatusWord::Success,
            };
        }
        self.line.pending = data.split_off(most);
        // 61 00 says "256 or more".
        let left = u16::try_from(self.line.pending.len()).unwrap_or(256).min(256);
        Response {
            data,
            status: StatusWord::MoreData(left),
        }
    }

    fn rest(&mut self, apdu: &Parsed<'_>) -> Result<Response, Halt> {
        if self.line.pending.is_empty() {
            return Err(StatusWord::ConditionsNotSatisfied.into());
        }
        let data = std::mem::take(&mut self.line.pending);
        Ok(self.deliver(data, apdu.expected.or(Some(256))))
    }
}

/// Longer than any certificate that fits on a card.
const LONGEST_COMMAND: usize = 16 * 1024;
