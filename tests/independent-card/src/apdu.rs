//! APDUs in, APDUs out: what stands between a reader and the PIV application, which knows neither links of a chain nor GET RESPONSE.

use heapless::Vec as Fixed;
use iso7816::command::{CommandView, Instruction, class::Chain};
use iso7816::{Command, Status};
use piv_authenticator::Authenticator;
use piv_authenticator::constants::PIV_AID;

use crate::card::Client;

/// A card with power.
pub(crate) struct Conversation<'a> {
    piv: Authenticator<Client<'a>>,
    selected: bool,
    /// The links of a command that is not whole yet.
    chain: Option<Command<LONGEST>>,
    /// What GET RESPONSE will get.
    rest: Vec<u8>,
}

impl<'a> Conversation<'a> {
    pub(crate) fn with(piv: Authenticator<Client<'a>>) -> Self {
        Self {
            piv,
            selected: false,
            chain: None,
            rest: Vec::new(),
        }
    }

    /// Answers one command APDU.
    pub(crate) fn respond(&mut self, apdu: &[u8]) -> Vec<u8> {
        match self.converse(apdu) {
            Ok(response) => response,
            Err(status) => u16::from(status).to_be_bytes().to_vec(),
        }
    }

    fn converse(&mut self, apdu: &[u8]) -> Result<Vec<u8>, Status> {
        let command = CommandView::try_from(apdu).map_err(|_| Status::WrongLength)?;
        if command.instruction() == Instruction::GetResponse {
            let rest = std::mem::take(&mut self.rest);
            if rest.is_empty() {
                return Err(Status::ConditionsOfUseNotSatisfied);
            }
            return Ok(self.deliver(rest, command.expected()));
        }
        self.rest.clear();
        let whole = self.join(command)?;
        if command.class().chain() == Chain::NotTheLast {
            self.chain = Some(whole);
            return Ok(SUCCESS.to_vec());
        }
        if command.instruction() == Instruction::Select {
            return self.select(&whole);
        }
        if !self.selected {
            return Err(Status::NotFound);
        }
        let data = self.ask(whole.as_view())?;
        Ok(self.deliver(data, command.expected()))
    }

    /// A command with the links before it (ISO 7816-4 §5.3.3); another command in the middle gives the chain up.
    fn join(&mut self, command: CommandView<'_>) -> Result<Command<LONGEST>, Status> {
        let same = |begun: &Command<LONGEST>| {
            (begun.instruction(), begun.p1, begun.p2) == (command.instruction(), command.p1, command.p2)
        };
        match self.chain.take().filter(same) {
            Some(mut begun) => {
                begun
                    .extend_from_command_view(command)
                    .map_err(|_| Status::WrongLength)?;
                Ok(begun)
            }
            None => command.to_owned().map_err(|_| Status::WrongLength),
        }
    }

    /// The application's AID, which may be cut at the right down to the name of its issuer; any other leaves the selection as it is.
    fn select(&mut self, command: &Command<LONGEST>) -> Result<Vec<u8>, Status> {
        let wanted = command.data();
        if wanted.len() < RID || !PIV_AID.as_bytes().starts_with(wanted) {
            return Err(Status::NotFound);
        }
        let mut whole = vec![0x00, 0xA4, 0x04, 0x00, PIV_AID.as_bytes().len() as u8];
        whole.extend_from_slice(PIV_AID.as_bytes());
        whole.push(0x00);
        let view = CommandView::try_from(whole.as_slice()).map_err(|_| Status::WrongLength)?;
        let data = self.ask(view)?;
        self.selected = true;
        Ok(self.deliver(data, command.expected()))
    }

    fn ask(&mut self, command: CommandView<'_>) -> Result<Vec<u8>, Status> {
        let mut reply = Fixed::<u8, LONGEST>::new();
        self.piv.respond(command, &mut reply)?;
        Ok(reply.to_vec())
    }

    /// As much as was asked for; the rest waits for GET RESPONSE (§5.3.4).
    fn deliver(&mut self, mut data: Vec<u8>, expected: usize) -> Vec<u8> {
        if data.len() <= expected {
            data.extend(SUCCESS);
            return data;
        }
        self.rest = data.split_off(expected);
        // 61 00 says "256 or more".
        data.extend([0x61, u8::try_from(self.rest.len()).unwrap_or(0)]);
        data
    }
}

const SUCCESS: [u8; 2] = [0x90, 0x00];
/// Longer than any object of this card.
const LONGEST: usize = 4096;
/// The registered application provider's part of an AID (ISO 7816-5).
const RID: usize = 5;

#[cfg(test)]
mod tests {
    use crate::card::Card;
    use crate::host::{Algorithm, Host, PIN, Refused, Slot};

    const SELECT: [u8; 15] = [
        0x00, 0xA4, 0x04, 0x00, 0x09, 0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x00,
    ];
    const TRIES: [u8; 4] = [0x00, 0x20, 0x00, 0x80];

    #[test]
    fn the_application_is_found_by_its_name_cut_at_the_right_and_another_leaves_it_selected() {
        Card::in_memory().powered(|card| {
            assert_eq!(card.respond(&TRIES), [0x6A, 0x82], "nothing is selected yet");
            let mut whole = vec![0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00];
            while whole.len() >= 5 {
                let mut apdu = vec![0x00, 0xA4, 0x04, 0x00, whole.len() as u8];
                apdu.extend_from_slice(&whole);
                apdu.push(0x00);
                assert!(card.respond(&apdu).ends_with(&[0x90, 0x00]), "{apdu:02X?}");
                whole.pop();
            }
            let jpki = [
                0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01,
            ];
            assert_eq!(card.respond(&jpki), [0x6A, 0x82]);
            assert_eq!(card.respond(&TRIES), [0x63, 0xC3]);
        });
    }

    #[test]
    fn what_is_longer_than_an_answer_comes_in_pieces_and_only_once() {
        Card::in_memory().powered(|card| {
            let certificate: Vec<u8> = (0..1_000_u16).map(|number| number as u8).collect();
            let mut host = Host::select(card).unwrap();
            host.prove_management_key().unwrap();
            host.put_certificate(Slot::Signature, &certificate).unwrap();
            let list = [0x5C, 0x03, 0x5F, 0xC1, 0x0A];
            let object = host.ask("tell an object", [0xCB, 0x3F, 0xFF], &list).unwrap();
            assert!(object.windows(certificate.len()).any(|part| part == certificate));
            // Eight bytes first, as OpenSC asks.
            let first = card.respond(&[0x00, 0xCB, 0x3F, 0xFF, 0x05, 0x5C, 0x03, 0x5F, 0xC1, 0x0A, 0x08]);
            assert_eq!((first.len(), &first[8..]), (10, &[0x61, 0x00][..]));
            assert_eq!(first[..8], object[..8]);
            let more = card.respond(&[0x00, 0xC0, 0x00, 0x00, 0x00]);
            assert_eq!(more[..256], object[8..264]);
            assert_eq!(card.respond(&TRIES), [0x63, 0xC3]);
            assert_eq!(
                card.respond(&[0x00, 0xC0, 0x00, 0x00, 0x00]),
                [0x69, 0x85],
                "another command came between"
            );
        });
    }

    #[test]
    fn a_chain_that_another_command_breaks_is_given_up() {
        Card::in_memory().powered(|card| {
            card.respond(&SELECT);
            assert_eq!(card.respond(&[0x10, 0x87, 0x07, 0x9C, 0x01, 0x7C]), [0x90, 0x00]);
            assert_eq!(card.respond(&TRIES), [0x63, 0xC3]);
            let status = card.respond(&[0x00, 0x87, 0x07, 0x9C, 0x01, 0x00]);
            assert_ne!(status, [0x90, 0x00]);
        });
    }

    #[test]
    fn without_power_the_pin_is_forgotten_and_the_keys_are_not() {
        let mut card = Card::in_memory();
        let key = card.powered(|card| {
            let mut host = Host::select(card).unwrap();
            host.prove_management_key().unwrap();
            let key = host.generate(Slot::Authentication, Algorithm::P256).unwrap();
            host.verify(PIN).unwrap();
            assert_eq!(
                host.sign(Slot::Authentication, key.algorithm, &[7; 32]).map(|_| ()),
                Ok(())
            );
            key
        });
        card.powered(|card| {
            let mut host = Host::select(card).unwrap();
            let refused = Refused {
                step: "sign",
                status: 0x6982,
            };
            assert_eq!(host.sign(Slot::Authentication, key.algorithm, &[7; 32]), Err(refused));
            host.verify(PIN).unwrap();
            host.sign(Slot::Authentication, key.algorithm, &[7; 32]).unwrap();
        });
    }

    #[test]
    fn two_cards_make_two_keys() {
        let key = || {
            Card::in_memory().powered(|card| {
                let mut host = Host::select(card).unwrap();
                host.prove_management_key().unwrap();
                host.generate(Slot::Authentication, Algorithm::P256).unwrap().parts.0
            })
        };
        assert_ne!(key(), key());
    }
}
