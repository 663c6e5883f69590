//! The system's PC/SC library, loaded at run time, behind functions that cannot be misused.
//!
//! This is the one file of the house with `unsafe` in it. What it relies on, throughout: the function types below are those of the PC/SC specification part 5 as each system declares them; every pointer given to the library is to memory that lives and is large enough during the call; a string ends with NUL; the library itself stays loaded as long as any handle lives (each holds the `Arc`).
#![expect(unsafe_code, reason = "a C library is called")]

use std::{
    error::Error as _,
    ffi::{CStr, CString, c_char, c_void},
    ptr,
    sync::Arc,
    time::Duration,
};

use libloading::Library as Loaded;

use platform::{Dword, Handle, LIBRARY, Long, MOST_ATR, NAMES, ReaderEntry};

/// A return value of PC/SC that is not success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Code(pub(super) u32);

/// The loaded library.
pub(super) struct Library {
    establish: unsafe extern "system" fn(Dword, *const c_void, *const c_void, *mut Handle) -> Long,
    release: unsafe extern "system" fn(Handle) -> Long,
    cancel: unsafe extern "system" fn(Handle) -> Long,
    list: unsafe extern "system" fn(Handle, *const c_char, *mut c_char, *mut Dword) -> Long,
    status_change: unsafe extern "system" fn(Handle, Dword, *mut ReaderEntry, Dword) -> Long,
    connect: unsafe extern "system" fn(Handle, *const c_char, Dword, Dword, *mut Handle, *mut Dword) -> Long,
    reconnect: unsafe extern "system" fn(Handle, Dword, Dword, Dword, *mut Dword) -> Long,
    disconnect: unsafe extern "system" fn(Handle, Dword) -> Long,
    begin: unsafe extern "system" fn(Handle) -> Long,
    end: unsafe extern "system" fn(Handle, Dword) -> Long,
    transmit: unsafe extern "system" fn(
        Handle,
        *const IoRequest,
        *const u8,
        Dword,
        *mut IoRequest,
        *mut u8,
        *mut Dword,
    ) -> Long,
    _loaded: Loaded,
}

/// What a reader showed: its state bits with the event count in the upper half, and the ATR.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) state: u32,
    pub(super) atr: Vec<u8>,
}

/// What a program does with the card when it lets go of it.
#[derive(Clone, Copy)]
pub(super) enum Disposition {
    Leave,
    Reset,
}

impl Library {
    /// Its name on this system.
    pub(super) const NAME: &str = LIBRARY;

    /// Loads it, as a rule by [`Library::NAME`]; the error is the loader's sentence.
    pub(super) fn load(name: &str) -> Result<Arc<Self>, String> {
        // SAFETY: PC/SC libraries run nothing at load time that is not safe to run in any thread.
        let loaded = unsafe { Loaded::new(name) }.map_err(sentence)?;
        macro_rules! function {
            ($name:expr) => {{
                // SAFETY: the field it goes to has the type that the specification gives to this name.
                let symbol = unsafe { loaded.get($name.as_bytes()) }.map_err(sentence)?;
                *symbol
            }};
        }
        Ok(Arc::new(Self {
            establish: function!("SCardEstablishContext"),
            release: function!("SCardReleaseContext"),
            cancel: function!("SCardCancel"),
            list: function!(NAMES.list),
            status_change: function!(NAMES.status_change),
            connect: function!(NAMES.connect),
            reconnect: function!("SCardReconnect"),
            disconnect: function!("SCardDisconnect"),
            begin: function!("SCardBeginTransaction"),
            end: function!("SCardEndTransaction"),
            transmit: function!("SCardTransmit"),
            _loaded: loaded,
        }))
    }
}

/// A connection to the service. Its calls may block; only [`Context::cancel`] is meant for another thread.
pub(super) struct Context {
    library: Arc<Library>,
    handle: Handle,
}

impl Context {
    pub(super) fn establish(library: &Arc<Library>) -> Result<Self, Code> {
        let mut handle = 0;
        // SAFETY: see the head of this file; the two reserved pointers are NULL as demanded.
        check(unsafe { (library.establish)(SCOPE_SYSTEM, ptr::null(), ptr::null(), &raw mut handle) })?;
        Ok(Self {
            library: Arc::clone(library),
            handle,
        })
    }

    /// The names of all readers.
    pub(super) fn readers(&self) -> Result<Vec<CString>, Code> {
        loop {
            let mut length: Dword = 0;
            // SAFETY: a NULL buffer asks for the length alone.
            let asked = unsafe { (self.library.list)(self.handle, ptr::null(), ptr::null_mut(), &raw mut length) };
            match check(asked) {
                Err(NO_READERS) => return Ok(Vec::new()),
                other => other?,
            }
            let mut names = vec![0_u8; usize::try_from(length).unwrap_or(0)];
            // SAFETY: the buffer has `length` bytes.
            let listed =
                unsafe { (self.library.list)(self.handle, ptr::null(), names.as_mut_ptr().cast(), &raw mut length) };
            match check(listed) {
                Err(NO_READERS) => return Ok(Vec::new()),
                // A reader came in between: ask again.
                Err(BUFFER_TOO_SMALL) => continue,
                other => other?,
            }
            let names = names.split(|byte| *byte == 0).filter(|name| !name.is_empty());
            // Split at NUL, so there is none inside.
            return Ok(names.filter_map(|name| CString::new(name).ok()).collect());
        }
    }

    /// Waits until one of the readers no longer shows the state that is known, at most `timeout`; with [`Duration::ZERO`] it tells the present states.
    pub(super) fn wait(&self, known: &[(&CStr, u32)], timeout: Duration) -> Result<Vec<Shown>, Code> {
        let mut entries: Vec<ReaderEntry> = known
            .iter()
            .map(|(name, state)| ReaderEntry::new(name, Dword::from(*state)))
            .collect();
        let milliseconds = Dword::try_from(timeout.as_millis()).unwrap_or(Dword::MAX - 1);
        let count = Dword::try_from(entries.len()).unwrap_or(0);
        // SAFETY: `entries` has `count` entries, whose names live as long as `known`.
        let waited = unsafe { (self.library.status_change)(self.handle, milliseconds, entries.as_mut_ptr(), count) };
        check(waited)?;
        Ok(entries.iter().map(ReaderEntry::shown).collect())
    }

    /// Ends a wait that is under way in another thread.
    pub(super) fn cancel(&self) {
        // SAFETY: the handle lives as long as `self`. That nothing was there to be cancelled is no fault.
        let _ = unsafe { (self.library.cancel)(self.handle) };
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: the handle is released once, here.
        let _ = unsafe { (self.library.release)(self.handle) };
    }
}

/// A connection to one card.
pub(super) struct Card {
    handle: Handle,
    protocol: Dword,
    context: Context,
}

impl Card {
    /// Connects, shared with other programs.
    pub(super) fn connect(context: Context, reader: &CStr) -> Result<Self, Code> {
        let (mut handle, mut protocol) = (0, 0);
        // SAFETY: see the head of this file.
        check(unsafe {
            (context.library.connect)(
                context.handle,
                reader.as_ptr(),
                SHARE_SHARED,
                PROTOCOL_ANY,
                &raw mut handle,
                &raw mut protocol,
            )
        })?;
        Ok(Self {
            handle,
            protocol,
            context,
        })
    }

    /// The context that this card was connected by.
    pub(super) fn context(&self) -> &Context {
        &self.context
    }

    /// Takes note of a reset by another program; the protocol stays, since the same reader negotiates it anew.
    pub(super) fn reconnect(&self) -> Result<(), Code> {
        let mut protocol = 0;
        // SAFETY: see the head of this file.
        check(unsafe {
            (self.context.library.reconnect)(self.handle, SHARE_SHARED, self.protocol, LEAVE_CARD, &raw mut protocol)
        })
    }

    pub(super) fn begin(&self) -> Result<(), Code> {
        // SAFETY: the handle lives as long as `self`.
        check(unsafe { (self.context.library.begin)(self.handle) })
    }

    pub(super) fn end(&self, disposition: Disposition) -> Result<(), Code> {
        let disposition = match disposition {
            Disposition::Leave => LEAVE_CARD,
            Disposition::Reset => RESET_CARD,
        };
        // SAFETY: the handle lives as long as `self`.
        check(unsafe { (self.context.library.end)(self.handle, disposition) })
    }

    pub(super) fn transmit(&self, command: &[u8]) -> Result<Vec<u8>, Code> {
        let request = IoRequest {
            protocol: self.protocol,
            length: size_of::<IoRequest>() as Dword,
        };
        let mut answer = vec![0_u8; MOST_ANSWER];
        let mut length = MOST_ANSWER as Dword;
        let sent = Dword::try_from(command.len()).map_err(|_| BUFFER_TOO_SMALL)?;
        // SAFETY: `command` has `sent` bytes, `answer` has `length`; no received control information is wanted.
        check(unsafe {
            (self.context.library.transmit)(
                self.handle,
                &raw const request,
                command.as_ptr(),
                sent,
                ptr::null_mut(),
                answer.as_mut_ptr(),
                &raw mut length,
            )
        })?;
        answer.truncate(usize::try_from(length).unwrap_or(0));
        Ok(answer)
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        // SAFETY: the handle is given up once, here, before its context.
        let _ = unsafe { (self.context.library.disconnect)(self.handle, LEAVE_CARD) };
    }
}

impl ReaderEntry {
    fn new(name: &CStr, state: Dword) -> Self {
        Self {
            name: name.as_ptr(),
            user: ptr::null_mut(),
            current: state,
            event: 0,
            atr_length: 0,
            atr: [0; MOST_ATR],
        }
    }

    fn shown(&self) -> Shown {
        // Copied out, since the fields of a packed struct cannot be borrowed.
        let (atr, length, event) = (self.atr, self.atr_length, self.event);
        let length = usize::try_from(length).unwrap_or(0).min(MOST_ATR);
        Shown {
            state: low_half(event),
            atr: atr.iter().take(length).copied().collect(),
        }
    }
}

/// SCARD_IO_REQUEST, given explicitly instead of the library's global variables.
#[repr(C)]
pub(super) struct IoRequest {
    protocol: Dword,
    length: Dword,
}

fn check(value: Long) -> Result<(), Code> {
    #[allow(clippy::cast_sign_loss, reason = "a code is a pattern of bits")]
    match low_half(value as Dword) {
        0 => Ok(()),
        code => Err(Code(code)),
    }
}

/// The loader's sentence stands in the source of the error.
fn sentence(fault: libloading::Error) -> String {
    fault.source().map_or_else(|| fault.to_string(), ToString::to_string)
}

/// Codes and states have 32 bits. Where the type is wider, its upper half is zero or, in some versions, the sign.
#[allow(clippy::cast_possible_truncation, reason = "the upper half means nothing")]
fn low_half(value: Dword) -> u32 {
    value as u32
}

/// As pcsc-lite declares it for 64-bit Linux and the BSDs: DWORD and LONG are as wide as a pointer.
#[cfg(all(unix, not(target_os = "macos")))]
mod platform {
    use std::ffi::{c_char, c_long, c_ulong, c_void};

    pub(super) type Dword = c_ulong;
    pub(super) type Long = c_long;
    pub(super) type Handle = c_long;

    pub(super) const LIBRARY: &str = "libpcsclite.so.1";
    pub(super) const NAMES: super::Names = super::PLAIN_NAMES;
    pub(super) const MOST_ATR: usize = 33;

    #[repr(C)]
    pub(super) struct ReaderEntry {
        pub(super) name: *const c_char,
        pub(super) user: *mut c_void,
        pub(super) current: Dword,
        pub(super) event: Dword,
        pub(super) atr_length: Dword,
        pub(super) atr: [u8; MOST_ATR],
    }
}

/// As Apple's framework declares it; written from its headers, not run.
#[cfg(target_os = "macos")]
mod platform {
    use std::ffi::{c_char, c_void};

    pub(super) type Dword = u32;
    pub(super) type Long = i32;
    pub(super) type Handle = i32;

    pub(super) const LIBRARY: &str = "/System/Library/Frameworks/PCSC.framework/PCSC";
    pub(super) const NAMES: super::Names = super::PLAIN_NAMES;
    pub(super) const MOST_ATR: usize = 33;

    #[repr(C, packed)]
    pub(super) struct ReaderEntry {
        pub(super) name: *const c_char,
        pub(super) user: *mut c_void,
        pub(super) current: Dword,
        pub(super) event: Dword,
        pub(super) atr_length: Dword,
        pub(super) atr: [u8; MOST_ATR],
    }
}

/// As Windows declares it; written from its headers, not run.
#[cfg(windows)]
mod platform {
    use std::ffi::{c_char, c_void};

    pub(super) type Dword = u32;
    pub(super) type Long = i32;
    pub(super) type Handle = usize;

    pub(super) const LIBRARY: &str = "winscard.dll";
    pub(super) const NAMES: super::Names = super::Names {
        list: "SCardListReadersA",
        status_change: "SCardGetStatusChangeA",
        connect: "SCardConnectA",
    };
    pub(super) const MOST_ATR: usize = 36;

    #[repr(C)]
    pub(super) struct ReaderEntry {
        pub(super) name: *const c_char,
        pub(super) user: *mut c_void,
        pub(super) current: Dword,
        pub(super) event: Dword,
        pub(super) atr_length: Dword,
        pub(super) atr: [u8; MOST_ATR],
    }
}

/// The functions that take strings have another name on Windows.
struct Names {
    list: &'static str,
    status_change: &'static str,
    connect: &'static str,
}

#[cfg(unix)]
const PLAIN_NAMES: Names = Names {
    list: "SCardListReaders",
    status_change: "SCardGetStatusChange",
    connect: "SCardConnect",
};

const SCOPE_SYSTEM: Dword = 2;
const SHARE_SHARED: Dword = 2;
const PROTOCOL_ANY: Dword = 1 | 2;
const LEAVE_CARD: Dword = 0;
const RESET_CARD: Dword = 1;

/// An extended answer and its status word.
const MOST_ANSWER: usize = 65_538;

const NO_READERS: Code = Code(0x8010_002E);
const BUFFER_TOO_SMALL: Code = Code(0x8010_0008);
