//! A citizen's card in a reader of the app or the kiosk: what it tells, and what it does for whom it knows.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use card::certificate::Certificate;
use card::jpki::{AuthenticationPin, Jpki, PrintedNumber, Standing, Unblocked};
use card::transport::Transport;
use card::{CardFault, LastTryConsent, TriesLeft};
use pki::cms::Draft;
use wire::api::ToSign;
use wire::pin_reset::CardStanding;

use crate::cards::{Cards, Place, Seen, Shown};

/// What a citizen's card told without a PIN. It names nobody.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct CitizenCard {
    place: Place,
    /// 利用者証明用電子証明書
    certificate: Certificate,
}

impl Shown for CitizenCard {
    fn look_at(transport: Box<dyn Transport>, place: Place) -> Result<Self, CardFault> {
        let certificate = Jpki::open(transport)?.summary()?.authentication;
        Ok(Self { place, certificate })
    }

    fn place(&self) -> &Place {
        &self.place
    }
}

/// A certificate of a person is printed nowhere.
impl std::fmt::Debug for CitizenCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CitizenCard(in {})", self.place.reader)
    }
}

impl CitizenCard {
    /// DER of the certificate, base64url.
    pub(crate) fn certificate(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.certificate.der())
    }

    /// Whether it is the one that is to sign this.
    pub(crate) fn is_named_by(&self, to_sign: &ToSign) -> bool {
        to_sign.certificate == URL_SAFE_NO_PAD.encode(self.certificate.fingerprint().bytes())
    }
}

/// The readers of the app or the kiosk.
pub(crate) type CitizenCards = Arc<Cards<CitizenCard>>;

/// The one card that is in the readers.
pub(crate) fn only(seen: &Seen<CitizenCard>) -> Result<Arc<CitizenCard>, CardFault> {
    let mut cards = seen.cards();
    match (cards.next(), cards.next()) {
        (Some(card), None) => Ok(Arc::clone(card)),
        (Some(_), Some(_)) => Err(CardFault::Multiple),
        (None, _) => Err(seen.lack().unwrap_or(CardFault::NoCard)),
    }
}

/// How many tries the four-digit PIN of this card has left. Spends none.
pub(crate) async fn tries_left(cards: &CitizenCards, card: &Arc<CitizenCard>) -> Result<TriesLeft, CardFault> {
    let (cards, card) = (Arc::clone(cards), Arc::clone(card));
    blocking(move || Ok(open(&cards, &card)?.summary()?.authentication_tries)).await
}

/// What the card tells of its unblocks.
pub(crate) async fn standing(cards: &CitizenCards, card: &Arc<CitizenCard>) -> Result<CardStanding, CardFault> {
    let (cards, card) = (Arc::clone(cards), Arc::clone(card));
    blocking(move || Ok(told(&open(&cards, &card)?.standing()?))).await
}

/// Signs a text with the authentication key of exactly this card: DER of the CMS without the content. The PIN ends here.
pub(crate) async fn sign(
    cards: &CitizenCards,
    card: &Arc<CitizenCard>,
    pin: AuthenticationPin,
    consent: Option<LastTryConsent>,
    to_sign: &ToSign,
    at: i64,
) -> Result<Vec<u8>, CardFault> {
    let signer = pki::certificate::Certificate::parse(card.certificate.der()).map_err(|_| CardFault::WrongType)?;
    let draft = Draft::new(to_sign.text.as_bytes(), &signer, at);
    let (cards, card) = (Arc::clone(cards), Arc::clone(card));
    blocking(move || {
        let mut jpki = open(&cards, &card)?;
        let fingerprint = card.certificate.fingerprint();
        let signature = jpki.sign_authentication(&fingerprint, &pin, consent, draft.to_be_signed())?;
        drop(pin);
        draft.finish(&signature.bytes).map_err(|_| CardFault::Unreadable)
    })
    .await
}

/// The card's visual file, opened by what is printed on the card.
pub(crate) async fn visual(
    cards: &CitizenCards,
    card: &Arc<CitizenCard>,
    number: PrintedNumber,
    consent: Option<LastTryConsent>,
) -> Result<Vec<u8>, CardFault> {
    let (cards, card) = (Arc::clone(cards), Arc::clone(card));
    blocking(move || open(&cards, &card)?.visual_file(&number, consent)).await
}

/// Connects to exactly this card, still in the same stay in its reader.
pub(crate) fn open(cards: &Cards<CitizenCard>, card: &CitizenCard) -> Result<Jpki, CardFault> {
    Jpki::open(cards.open(&card.place)?)
}

/// As the wire writes it.
pub(crate) fn told(standing: &Standing) -> CardStanding {
    CardStanding {
        number: standing.number.to_string(),
        key_version: standing.key_version,
        counter: standing.counter,
        receipt: standing.receipt.map(|receipt| URL_SAFE_NO_PAD.encode(receipt)),
    }
}

/// The card's answer as the server wants it.
pub(crate) fn report(unblocked: &Unblocked) -> wire::pin_reset::Report {
    wire::pin_reset::Report {
        standing: told(&unblocked.standing),
        card_cryptogram: Some(URL_SAFE_NO_PAD.encode(unblocked.card_cryptogram)),
    }
}

async fn blocking<T: Send + 'static>(
    f: impl FnOnce() -> Result<T, CardFault> + Send + 'static,
) -> Result<T, CardFault> {
    // It ends without an outcome only by a panic, which is ours.
    tokio::task::spawn_blocking(f)
        .await
        .unwrap_or(Err(CardFault::Unreadable))
}
