/** What a field of a form or a column of a list can be known as. `campaign.…` are the parts of a campaign. */
export const knownFields = [
  "email",
  "emailConfirmation",
  "firstName",
  "lastName",
  "fullName",
  "company",
  "jobTitle",
  "phone",
  "country",
  "campaign.id",
  "campaign.name",
  "campaign.source",
  "campaign.medium",
  "campaign.term",
  "campaign.content",
  "page",
  "website",
  "referrer",
  "redirect",
  "messageId",
  "anonymous",
  "user",
  "crm",
  "occurredAt",
] as const;
export type KnownField = (typeof knownFields)[number];

/**
 * The usual names, as `fieldKey` spells them: English, the HTML autocomplete names, the form builders', and the
 * languages of Europe as far as a name means one thing. A name that means a first, a last or a full name depending on its
 * neighbours (`nom`, `nombre`, `naam`) stands with the full name.
 */
const names: Record<KnownField, string> = {
  email:
    "email mail emailaddress emailaddr emailadresse emailadress mailadresse mailaddress emailaddresse emailid useremail email1 " +
    "workemail workemailaddress businessemail businessemailaddress companyemail corporateemail professionalemail officeemail " +
    "personalemail privateemail homeemail emailwork emailbusiness emailprofessional replyto electronicmail emailfield " +
    "correo correoelectronico direcciondecorreo emailcorporativo courriel adressemail adresseemail adressecourriel adresseelectronique " +
    "emailprofessionnel indirizzoemail postaelettronica enderecodeemail epost epostadress epostadresse emailadres sahkoposti " +
    "adresemail adresemailowy geschaftlicheemail geschaftlicheemailadresse dienstlicheemail メール メールアドレス 邮箱 电子邮件 이메일",
  emailConfirmation:
    "confirmemail confirmemailaddress emailconfirm emailconfirmation emailaddressconfirm email2 emailrepeat repeatemail verifyemail " +
    "emailverify emailagain reenteremail retypeemail emailwiederholen emailbestatigen",
  firstName:
    "firstname fname givenname given forename first vorname prenom primernombre voornaam fornavn fornamn imie etunimi " +
    "namefirst firstnames christianname primeironome",
  lastName:
    "lastname lname surname familyname family last nachname familienname zuname nomdefamille apellido apellidos cognome " +
    "sobrenome achternaam efternavn efternamn nazwisko etternavn sukunimi namelast",
  fullName:
    "name fullname completename realname nameoftheperson firstandlastname firstlastname firstnamelastname nombre nombrecompleto " +
    "nombreyapellidos nom nomcomplet nometprenom prenometnom nome nomecompleto nomeecognome naam volledigenaam navn namn " +
    "vorundnachname vorundzuname vornamenachname namevorname ansprechpartner contactperson imieinazwisko namae",
  company:
    "company companyname organization organisation organizationname organisationname org orgname employer employername business " +
    "businessname workplace firm firma firmenname unternehmen unternehmensname arbeitgeber societe nomdelasociete entreprise " +
    "nomdelentreprise empresa nombredelaempresa azienda ragionesociale bedrijf bedrijfsnaam foretag virksomhed yritys nazwafirmy " +
    "companyorganization companyororganization organizationcompany institution accountname companynamelegal 会社名 公司",
  jobTitle:
    "jobtitle title titel position role jobrole jobposition currentposition occupation profession designation organizationtitle " +
    "worktitle professionaltitle businesstitle funktion beruf stellenbezeichnung berufsbezeichnung positionimunternehmen poste " +
    "fonction intituledeposte cargo puesto posizione ruolo functie stanowisko 役職",
  phone:
    "phone phonenumber phoneno telephone telephonenumber telephoneno tel telno telnumber mobile mobilephone mobilenumber mobileno " +
    "mobilephonenumber cell cellphone cellnumber cellphonenumber contactnumber workphone workphonenumber businessphone officephone " +
    "homephone directphone dayphone phonework phonemobile telnational phone1 handy handynummer mobil mobilnummer mobiltelefon " +
    "rufnummer telefon telefonnummer telefono numerodetelefono numerodetelephone portable movil celular cellulare telefone telefoon " +
    "telefoonnummer puhelin numertelefonu 電話番号 电话",
  country:
    "country countryname countrycode countryregion countryorregion countryofresidence land pays pais paese paisderesidencia kraj maa",
  "campaign.id": "utmid utmcampaignid campaignid",
  "campaign.name": "utmcampaign utmcampaignname campaign campaignname",
  "campaign.source": "utmsource campaignsource",
  "campaign.medium": "utmmedium campaignmedium",
  "campaign.term": "utmterm utmkeyword campaignterm",
  "campaign.content": "utmcontent campaigncontent",
  page:
    "page pageurl pageuri pagelocation pagelink currenturl currentpage sourceurl formurl submissionurl submittedfrom locationhref href " +
    "landingpage landingpageurl landingurl location embedurl",
  website: "url",
  referrer: "referrer referer referrerurl refererurl httpreferer httpreferrer pagereferrer documentreferrer",
  redirect:
    "redirect redirectto redirecturl redirecturi next nexturl returl returnurl returnto successurl thankyouurl thankyoupage afterurl",
  messageId: "messageid submissionid submissionuuid submissionguid formsubmissionid submitid entryid",
  anonymous: "anonymousid anonid identifiersanonymous visitorid",
  user: "userid identifiersuser",
  crm: "crm crmid identifierscrm",
  occurredAt: "occurredat submittedat submissiontime submissiondate submittedon originaltimestamp",
};

const fieldOfKey = new Map<string, KnownField>(
  knownFields.flatMap((field) =>
    names[field].split(/\s+/).map((key) => [key, field] as [string, KnownField]),
  ),
);

/** Names that mean a field of the person only where nothing around them says that they are another thing's. */
const ambiguous = new Set(
  "name title titel role position first last given family country land business org nom nombre nome naam location url page email1 next href user crm campaign portable".split(
    " ",
  ),
);

/** What may stand around a field of the person: `contact[name]`, `traits.title`, `form_fields[name]`. */
const personal =
  /^(your|contact|person|people|lead|user|customer|client|visitor|attendee|registrant|participant|guest|member|subscriber|applicant|individual|profile|traits|fields?|forms?fields?|formdata|formvalues|data|submission|payload|answers|responses|identifiers|properties|values|inputs?|wpforms|billing|names?|body|itemmeta|main|.+form)$/;

/** What stands before a name without meaning another thing: `your-email`, `input_email`, `Contact Phone`. */
const prefix =
  /^(your|ihre?|deine?|votre|vos|su|tu|my|contact|customer|client|lead|person|visitor|attendee|registrant|participant|guest|primary|main|input|txt|text|hidden|mc4wp|wpforms|billing|applicant|frm|tf|enter|pleaseenter|the)(?=.)/;

/** Prefixes that make a name another thing's: a `user_name` logs in, a `form_name` is the form's. */
const loosePrefix =
  /^(user|form|field|member|subscriber|company|organization|firma)(?=(email|mail|emailaddress|phone|phonenumber|firstname|lastname|fullname|jobtitle)$)/;

/** What is looked at of a name: a longer one is no name, but its end may still say that it is a secret. */
const lookedAt = (name: string): string =>
  name.length > 400 ? `${name.slice(0, 200)}${name.slice(-200)}` : name;

/**
 * The one spelling of a field's name: lower case without accents, spaces, punctuation and marks such as `(required)`.
 * `E-Mail-Adresse *` is `emailadresse`.
 */
export const fieldKey = (name: string): string =>
  lookedAt(name)
    .toLowerCase()
    .replace(/\(\s*(required|optional|mandatory|pflichtfeld|obligatoire|obligatorio|erforderlich)\s*\)/g, "")
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replaceAll("ß", "ss")
    .replace(/[^\p{L}\p{N}]+/gu, "");

/** A name's parts, outermost first: `form_fields[contact][email]` and `contact.email` are nested; indexes are left out. */
export const fieldPath = (name: string): string[] =>
  lookedAt(name)
    .split(/[[\].$:]+/)
    .map(fieldKey)
    .filter((key) => key !== "" && !/^\d+$/.test(key));

function byKey(key: string): { field: KnownField; key: string } | undefined {
  let rest = key;
  for (let stripped = 0; stripped < 3; stripped++) {
    const field = fieldOfKey.get(rest);
    if (field) return { field, key: rest };
    const shorter = rest.replace(prefix, "").replace(loosePrefix, "");
    if (shorter === rest) return undefined;
    rest = shorter;
  }
  return undefined;
}

/**
 * The field that a name means, or undefined.
 * @param path the name's parts, outermost first, each as `fieldKey` spells it (see `fieldPath`)
 */
export function recogniseField(path: readonly string[]): KnownField | undefined {
  const last = path.at(-1);
  if (last === undefined) return undefined;
  const outer = path.at(-2);
  const whole = path.length > 2 ? byKey(path.join("")) : undefined;
  const pair =
    outer === undefined
      ? byKey(last)
      : fieldOfKey.has(`${outer}${last}`)
        ? byKey(`${outer}${last}`)
        : undefined;
  if (whole ?? pair) return (whole ?? pair)?.field;
  const inner = byKey(last);
  if (!inner) return undefined;
  return !ambiguous.has(inner.key) || (outer !== undefined && personal.test(outer) && outer !== "form")
    ? inner.field
    : undefined;
}

/** Names that are hidden from people, so that only machines fill them. */
const honeypot =
  /^(gotcha|honey|hp|hpfield|hiddenhoneypot|botfield|botcheck|wpformshp|akhptextarea|leaveblank|leavethisblank|leavethisempty|donotfill|donotfillthis)$|honeypot(?!time)/;

/** Whether a field is a trap for bots: by the usual names, Mailchimp's `b_…_…`, or the source's own list. */
export const isHoneypot = (name: string, own: readonly string[] = []): boolean =>
  /^b_[0-9a-f]{10,}_[0-9a-f]{5,}$/i.test(name) ||
  honeypot.test(fieldPath(name).join("")) ||
  own.some((other) => other === name || (fieldKey(other) !== "" && fieldKey(other) === fieldKey(name)));

const technicalName =
  /^_wpcf7|^_wpnonce|^_wp_http_referer$|^_mc4wp_|^__(requestverificationtoken|viewstate|event|ncforminfo)|^_(method|csrf|subject|template|cc|autoresponse|blacklist|webhook)$/i;

const technicalKey = new RegExp(
  [
    "password|passwort|passwd|passphrase|kennwort|motdepasse|contrasena|wachtwoord",
    "^(pwd|pass|passcode|pw)$",
    "creditcard|debitcard|kreditkarte|cardnumber|cardnum$|cardcvc|cardcvv|cardexp|cardsecurity|cardcode|cardholder|cardverification",
    "^cc(number|num|no|cvc|cvv|csc|exp|expiry|expmonth|expyear|expirationdate|name|givenname|familyname|type|code)$",
    "^(cvc2?|cvv2?|csc|iban|ssn|socialsecurity(number|no)?)$",
    "captcha|turnstile|altcha",
    "csrf|xsrf|token$|nonce$|^formbuildid$|^honeypottime$",
    "^(writekey|accesskey|apikey|apisecret|clientsecret|secretkey|secret|authorization)$",
    "^(utf8|submit)$",
  ].join("|"),
);

/**
 * Whether a field is never kept: a secret (password, payment card, key) or a form's machinery (captcha and CSRF tokens,
 * nonces, what WordPress and ASP.NET add).
 */
export function isTechnical(name: string): boolean {
  const path = fieldPath(name);
  return technicalName.test(name) || technicalKey.test(path.at(-1) ?? "") || technicalKey.test(path.join(""));
}
