//! Which part of the service answers what: the PINs, the extensions of files and keys, RSA, and the core for the rest.

use trussed::backend::{Backend, BackendId};
use trussed::platform::Platform;
use trussed::serde_extensions::{ExtensionDispatch, ExtensionId, ExtensionImpl};
use trussed::service::ServiceResources;
use trussed::types::Context;
use trussed_auth::AuthExtension;
use trussed_auth_backend::{AuthBackend, AuthContext, FilesystemLayout};
use trussed_chunked::ChunkedExtension;
use trussed_core::Error;
use trussed_core::api::{Reply, Request, reply, request};
use trussed_core::types::Location;
use trussed_hpke::HpkeExtension;
use trussed_rsa_alloc::SoftwareRsa;
use trussed_staging::{StagingBackend, StagingContext};
use trussed_wrap_key_to_file::WrapKeyToFileExtension;

/// The backends, asked in this order.
pub(crate) const BACKENDS: &[BackendId<Id>] = &[
    BackendId::Custom(Id::Pins),
    BackendId::Custom(Id::Staging),
    BackendId::Custom(Id::Rsa),
    BackendId::Core,
];

/// All backends but the core.
pub(crate) struct Dispatch {
    pins: AuthBackend,
    staging: StagingBackend,
}

impl Dispatch {
    pub(crate) fn new() -> Self {
        Self {
            pins: AuthBackend::new(Location::Internal, FilesystemLayout::V1),
            staging: StagingBackend::new(),
        }
    }
}

/// A backend.
pub(crate) enum Id {
    Pins,
    Staging,
    Rsa,
}

/// What the backends remember of the application.
#[derive(Default)]
pub(crate) struct Contexts {
    pins: AuthContext,
    staging: StagingContext,
}

/// An extension of the service, by its number.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(crate) enum Extension {
    Pins,
    Chunked,
    Hpke,
    WrapKeyToFile,
}

impl From<Extension> for u8 {
    fn from(extension: Extension) -> Self {
        extension as Self
    }
}

impl TryFrom<u8> for Extension {
    type Error = Error;

    fn try_from(number: u8) -> Result<Self, Error> {
        [Self::Pins, Self::Chunked, Self::Hpke, Self::WrapKeyToFile]
            .into_iter()
            .find(|extension| *extension as u8 == number)
            .ok_or(Error::FunctionNotSupported)
    }
}

macro_rules! numbered {
    ($($extension:ty => $number:ident),*) => {
        $(impl ExtensionId<$extension> for Dispatch {
            type Id = Extension;
            const ID: Extension = Extension::$number;
        })*
    };
}

numbered!(AuthExtension => Pins, ChunkedExtension => Chunked, HpkeExtension => Hpke, WrapKeyToFileExtension => WrapKeyToFile);

impl ExtensionDispatch for Dispatch {
    type BackendId = Id;
    type Context = Contexts;
    type ExtensionId = Extension;

    fn core_request<P: Platform>(
        &mut self,
        backend: &Id,
        context: &mut Context<Contexts>,
        request: &Request,
        resources: &mut ServiceResources<P>,
    ) -> Result<Reply, Error> {
        let (core, own) = (&mut context.core, &mut context.backends);
        match backend {
            Id::Pins => self.pins.request(core, &mut own.pins, request, resources),
            Id::Staging => self.staging.request(core, &mut own.staging, request, resources),
            Id::Rsa => SoftwareRsa.request(core, &mut (), request, resources),
        }
    }

    fn extension_request<P: Platform>(
        &mut self,
        backend: &Id,
        extension: &Extension,
        context: &mut Context<Contexts>,
        request: &request::SerdeExtension,
        resources: &mut ServiceResources<P>,
    ) -> Result<reply::SerdeExtension, Error> {
        let (core, own) = (&mut context.core, &mut context.backends);
        let (pins, staging) = (&mut self.pins, &mut self.staging);
        match (backend, extension) {
            (Id::Pins, Extension::Pins) => ExtensionImpl::<AuthExtension>::extension_request_serialized(
                pins,
                core,
                &mut own.pins,
                request,
                resources,
            ),
            (Id::Staging, Extension::Chunked) => ExtensionImpl::<ChunkedExtension>::extension_request_serialized(
                staging,
                core,
                &mut own.staging,
                request,
                resources,
            ),
            (Id::Staging, Extension::Hpke) => ExtensionImpl::<HpkeExtension>::extension_request_serialized(
                staging,
                core,
                &mut own.staging,
                request,
                resources,
            ),
            (Id::Staging, Extension::WrapKeyToFile) => {
                ExtensionImpl::<WrapKeyToFileExtension>::extension_request_serialized(
                    staging,
                    core,
                    &mut own.staging,
                    request,
                    resources,
                )
            }
            _ => Err(Error::RequestNotAvailable),
        }
    }
}
