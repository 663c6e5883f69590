//! The object identifiers this crate writes or understands.

use der::asn1::ObjectIdentifier as Oid;

macro_rules! oids {
    ($($name:ident = $dotted:literal;)*) => { $(pub(crate) const $name: Oid = Oid::new_unwrap($dotted);)* };
}

oids! {
    // Keys and signatures (RFC 3279, 4055, 5480, 5758, 8410, 9881).
    RSA_ENCRYPTION = "1.2.840.113549.1.1.1";
    SHA256_WITH_RSA = "1.2.840.113549.1.1.11";
    SHA384_WITH_RSA = "1.2.840.113549.1.1.12";
    SHA512_WITH_RSA = "1.2.840.113549.1.1.13";
    EC_PUBLIC_KEY = "1.2.840.10045.2.1";
    CURVE_P256 = "1.2.840.10045.3.1.7";
    CURVE_P384 = "1.3.132.0.34";
    ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
    ECDSA_WITH_SHA384 = "1.2.840.10045.4.3.3";
    ED25519 = "1.3.101.112";
    ML_DSA_44 = "2.16.840.1.101.3.4.3.17";
    ML_DSA_65 = "2.16.840.1.101.3.4.3.18";
    ML_DSA_87 = "2.16.840.1.101.3.4.3.19";
    SHA1 = "1.3.14.3.2.26";
    SHA256 = "2.16.840.1.101.3.4.2.1";
    SHA384 = "2.16.840.1.101.3.4.2.2";
    SHA512 = "2.16.840.1.101.3.4.2.3";

    // Attributes of names (X.520).
    COMMON_NAME = "2.5.4.3";
    SERIAL_NUMBER = "2.5.4.5";
    COUNTRY = "2.5.4.6";
    LOCALITY = "2.5.4.7";
    STATE = "2.5.4.8";
    STREET_ADDRESS = "2.5.4.9";
    ORGANISATION = "2.5.4.10";
    ORGANISATIONAL_UNIT = "2.5.4.11";
    ORGANISATION_IDENTIFIER = "2.5.4.97";
    USER_ID = "0.9.2342.19200300.100.1.1";
    DOMAIN_COMPONENT = "0.9.2342.19200300.100.1.25";
    EMAIL_ADDRESS = "1.2.840.113549.1.9.1";

    // Certificate, CRL and OCSP extensions (RFC 5280, 6960, 9608).
    SUBJECT_KEY_IDENTIFIER = "2.5.29.14";
    KEY_USAGE = "2.5.29.15";
    SUBJECT_ALT_NAME = "2.5.29.17";
    BASIC_CONSTRAINTS = "2.5.29.19";
    CRL_NUMBER = "2.5.29.20";
    REASON_CODE = "2.5.29.21";
    INVALIDITY_DATE = "2.5.29.24";
    DELTA_CRL_INDICATOR = "2.5.29.27";
    CERTIFICATE_ISSUER = "2.5.29.29";
    NAME_CONSTRAINTS = "2.5.29.30";
    ISSUER_ALT_NAME = "2.5.29.18";
    ISSUING_DISTRIBUTION_POINT = "2.5.29.28";
    CRL_DISTRIBUTION_POINTS = "2.5.29.31";
    CERTIFICATE_POLICIES = "2.5.29.32";
    ANY_POLICY = "2.5.29.32.0";
    POLICY_MAPPINGS = "2.5.29.33";
    AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";
    POLICY_CONSTRAINTS = "2.5.29.36";
    EXTENDED_KEY_USAGE = "2.5.29.37";
    ANY_PURPOSE = "2.5.29.37.0";
    FRESHEST_CRL = "2.5.29.46";
    INHIBIT_ANY_POLICY = "2.5.29.54";
    NO_REV_AVAIL = "2.5.29.56";
    AUTHORITY_INFO_ACCESS = "1.3.6.1.5.5.7.1.1";
    AD_OCSP = "1.3.6.1.5.5.7.48.1";
    AD_CA_ISSUERS = "1.3.6.1.5.5.7.48.2";
    OCSP_BASIC = "1.3.6.1.5.5.7.48.1.1";
    OCSP_NONCE = "1.3.6.1.5.5.7.48.1.2";
    OCSP_NOCHECK = "1.3.6.1.5.5.7.48.1.5";
    SMTP_UTF8_MAILBOX = "1.3.6.1.5.5.7.8.9";
    KP_CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
    KP_OCSP_SIGNING = "1.3.6.1.5.5.7.3.9";
    KP_CMC_CA = "1.3.6.1.5.5.7.3.27";

    // Citizens' cards (DOMAIN §11.3): the data of a person in a subjectAltName, and the policies.
    CITIZEN_NAME = "1.2.392.200149.8.5.5.1";
    CITIZEN_NAME_PLACES = "1.2.392.200149.8.5.5.2";
    CITIZEN_SEX = "1.2.392.200149.8.5.5.3";
    CITIZEN_BIRTH = "1.2.392.200149.8.5.5.4";
    CITIZEN_ADDRESS = "1.2.392.200149.8.5.5.5";
    CITIZEN_ADDRESS_PLACES = "1.2.392.200149.8.5.5.6";
    CITIZEN_SIGNATURE_REAL = "1.2.392.200149.8.5.1.1.20";
    CITIZEN_SIGNATURE_TEST = "1.2.392.200149.8.5.1.0.20";
    CITIZEN_AUTHENTICATION = "1.2.392.200149.8.5.1.3.30";
    // Signs what is printed on citizens' cards; under the number that IANA keeps for documentation (RFC 5612).
    KP_VISUAL = "1.3.6.1.4.1.32473.2";

    // CMS (RFC 5652, 5035) and PKCS #9.
    ID_DATA = "1.2.840.113549.1.7.1";
    ID_SIGNED_DATA = "1.2.840.113549.1.7.2";
    CONTENT_TYPE = "1.2.840.113549.1.9.3";
    MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
    SIGNING_TIME = "1.2.840.113549.1.9.5";
    CHALLENGE_PASSWORD = "1.2.840.113549.1.9.7";
    EXTENSION_REQUEST = "1.2.840.113549.1.9.14";
    SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";
    ID_ENCRYPTED_DATA = "1.2.840.113549.1.7.6";

    // PKCS #12 and passwords (RFC 7292, 2985, 8018).
    FRIENDLY_NAME = "1.2.840.113549.1.9.20";
    LOCAL_KEY_ID = "1.2.840.113549.1.9.21";
    X509_CERTIFICATE = "1.2.840.113549.1.9.22.1";
    PKCS8_SHROUDED_KEY_BAG = "1.2.840.113549.1.12.10.1.2";
    CERT_BAG = "1.2.840.113549.1.12.10.1.3";
    PBES2 = "1.2.840.113549.1.5.13";
    PBKDF2 = "1.2.840.113549.1.5.12";
    PBMAC1 = "1.2.840.113549.1.5.14";
    HMAC_SHA256 = "1.2.840.113549.2.9";
    HMAC_SHA384 = "1.2.840.113549.2.10";
    HMAC_SHA512 = "1.2.840.113549.2.11";

    // CMP and CRMF (RFC 9810, 4211).
    CMP_PASSWORD_BASED_MAC = "1.2.840.113533.7.66.13";
    CMP_IMPLICIT_CONFIRM = "1.3.6.1.5.5.7.4.13";
    CMP_OLD_CERTIFICATE = "1.3.6.1.5.5.7.5.1.5";
}

/// The data of a person in the order in which the real certificates have them.
pub(crate) const CITIZEN: [Oid; 6] = [
    CITIZEN_NAME,
    CITIZEN_BIRTH,
    CITIZEN_SEX,
    CITIZEN_ADDRESS,
    CITIZEN_NAME_PLACES,
    CITIZEN_ADDRESS_PLACES,
];

/// The policies under which a citizen signs.
pub(crate) const CITIZEN_SIGNATURE: [Oid; 2] = [CITIZEN_SIGNATURE_REAL, CITIZEN_SIGNATURE_TEST];
