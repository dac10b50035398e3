"""The words by which mail servers and mailboxes give themselves away where no header does.

Fragments of regular expressions, one idea a line. They only decide between kinds of mail that are no
answer: a genuine answer is known by its calendar object, whatever words stand around it.
"""

import re

FAILED = (
    r"undeliver",
    r"\bn(o|')t (be )?(sent|delivered)",
    r"\bn(o|')t been delivered",
    r"(not|un)able to (be )?(deliver|send|process your)",
    r"(could|can|would) ?n(o|')t (be )?(deliver|find|send|reach)",
    r"cannot be delivered",
    r"did not (reach|receive)|do(es)? ?n(o|')t exist|not a (valid|known) (user|address|recipient|mailbox)",
    r"no (mailbox|user) here|no longer (valid|available|active|exist|accept|in use)|(access|relay(ing)?) denied",
    r"deliver(y|ing)[^.\n]{0,60}(fail|error|not possible|unsuccessful|problem)",
    r"fail(ed|ure)[^.\n]{0,40}(deliver|permanent|notice|recipient|message|reason)",
    r"permanent(ly)? (fatal )?(error|fail|fatal)",
    r"mail failure|error delivering",
    r"return(ed|ing) (to sender|mail|message)",
    r"(message|mail)[^.\n]{0,30}(returned|bounced|rejected|refused)",
    r"(has been|was|is being) (bounced|rejected|refused)",
    r"(user|recipient|mailbox|address|account)[^.\n]{0,30}(unknown|unavailable|rejected|disabled|full)",
    r"(user|recipient|mailbox|address|account)[^.\n]{0,30}n(o|')t (found|exist|listed)",
    r"(unknown|no such|invalid|bad) (user|recipient|mailbox|address|destination)",
    r"address(es|\(es\))? (failed|rejected)",
    r"(quota|size)[^.\n]{0,30}exceed|exceed[^.\n]{0,30}(quota|size|limit)|over (disk )?quota",
    r"account[^.\n]{0,20}(closed|suspended|inactive|expired)",
    r"an error (has )?occurred while (attempting|trying) to deliver",
    r"\b5\d\d[ -]#?5\.\d{1,3}\.\d{1,3}\b",
    # German
    r"unzustellbar|nicht (zugestellt|zustellbar|erreicht)",
    r"zustell(ung|en)[^.\n]{0,60}(fehl|nicht|gescheitert)|fehler bei der zustellung",
    r"empf(ä|ae?)nger[^.\n]{0,30}(unbekannt|nicht gefunden)",
    # French, Spanish, Italian, Dutch
    r"non remis|échec de (la )?(remise|distribution)|n'a pas pu être (remis|distribu)",
    r"no se (ha )?(pudo|podido) entregar|impossibile (recapitare|consegnare)|onbestelbaar",
    # Portuguese, Swedish, Danish, Norwegian, Polish, Russian
    r"não (pôde|foi possível|pode)( ser)? entreg|kunde inte levereras|kunne ikke leveres",
    r"nie (może|mogła|można|udało się)( zostać)? (dostarcz|doręcz)",
    r"не (может быть |была? |было |удалось )?доставл?(ен|ить)|недоставлен",
    # Chinese, Japanese
    r"无法(投递|送达|发送|传递)|退信|被退回|投递失败|配信(でき|不能|失敗)|届けられ|送信できません",
)
DELAYED = (
    r"\bdelayed|\(delay\)|\bdelay (warning|notification|notice)|delivery[^.\n]{0,20}delay",
    r"being retried|could not send message for past",
    r"temporary (problem|failure)",
    r"verzögert|verspätet",
    r"retard[ée]|vertraagd",
)
GIVEN_UP = (
    r"permanent(ly)? (fatal )?(error|fail|fatal)|failed permanently",
    r"giv(e|en|ing|es) up|not going to try again|no further attempts|will not be retried",
    r"too long in the queue|in the queue too long|retry (timeout|time)[^.\n]{0,30}(exceeded|expired)",
    r"\(failure\)|undeliverable|unzustellbar|returned mail|returning message to sender",
)
DELIVERED = (
    r"(was|were|has been|been) (successfully )?(delivered|relayed)|successful(ly)? (mail )?deliver",
    r"wurde[^.\n]{0,40} zugestellt|zustellung erfolgreich",
)
STILL_TRYING = (
    r"(still being|will be) retried|will (continue|keep) (to )?try|will retry",
    r"delivery attempts will continue",
    r"not yet (been )?delivered|has not been delivered to .{0,80} yet|still undelivered",
    r"warning (message )?only|do not need to re-?send|no action is required on your part",
    r"noch nicht zugestellt|weiterhin versucht|(weitere|erneute) zustellversuche",
)
"""Nobody says so of a mail that was given up, though some of them say that they will give it up one day."""
BOUNCE_SUBJECTS = (
    r"undeliver(ed|able)( (e-?)?mail| message)?\s*([:-]|$|return)",
    r"delivery (failure|status notification \(failure\)|has failed)|mail delivery (failed|failure|problem)",
    r"returned mail|failure notice|non[- ]?delivery|(mail|message) could not be delivered|message not delivered",
    r"unzustellbar|nicht zustellbar|zustellung fehlgeschlagen|fehlgeschlagene zustellung",
    r"non remis|no se puede entregar",
)
MAILERS = (
    r"\b(mailer-?daemon|mail-?daemon|post-?master|double-?bounce)\b",
    r"mail(er)?[ -](delivery|daemon|system|administrator|subsystem)",
    r"delivery ((status|sub)[ -]?)?(system|notification|service)",
    r"system administrator|internet mail (service|connector)",
)
ORIGINAL_FOLLOWS = (
    r"-{2,80}[^\n]{0,60}(original|returned|unsent|copy of|copia|kopie|ursprüngliche|header)[^\n]{0,60}$",
    r"-{2,80}[^\n]{0,20}below this line[^\n]{0,60}$",
    r"-{2,80}[^\n]{0,40}(message|nachricht) (header|body|text|follows|folgt)[^\n]{0,40}$",
    r"-{2,80}\s*(message|nachricht)[^\w\n]*$",
    r"((possibly )?truncated |the )?(original|returned|unsent|message) (message|mail|header|text)s?"
    r"( headers?)?( follows?| below| is)?\s*[:.]?\s*$",
    r"[^\n]{0,60}(copy|header|text|body)s? of (the|your) (original )?(message|mail)[^\n]{0,60}[:.]\s*$",
    r"ursprüngliche nachricht(enkopf)?[^\n]{0,30}$",
)
AUTOMATIC_SUBJECTS = (
    r"auto\s*:|auto(matic|mated)?[ -]?(reply|response|answer|antwort|svar|odpowied[zź])",
    r"(\w+[ :]+)?(out of (the )?office|away from (the )?(office|my mail))|on (vacation|holiday|leave)\b|vacation\b",
    r"automatische antwort|abwesen|nicht im (büro|haus)|urlaubs(vertretung|benachrichtigung|notiz)",
    r"réponse automatique|absen(t|ce) du bureau|message d'absence|respuesta autom|risposta automatica|resposta autom",
    r"automatisch antwoord",
    r"automatisk svar|automatiskt svar|automaattinen|odpowied[zź] automatyczna|automatická odpověď",
    r"automatikus válasz|otomatik yanıt|răspuns automat|fuori (sede|ufficio)|afwezig|poissa",
    r"автоответ|автоматический ответ|自动(回复|答复)|自動(応答|返信|回覆)|자동 회신",
)
AUTOMATIC_WORDS = (
    r"out of (the |my )?office|away from (the|my) (office|desk)",
    r"on (annual|parental|sick|maternity) leave|on (vacation|holiday)",
    r"will (be back|return) on|this is an auto(matic|mated|matically generated) (reply|response|answer)",
    r"nicht im (büro|hause)|abwesend|(in|im) urlaub|wieder (im büro|erreichbar|für sie da)",
    r"automatische antwort|automatisch (generierte|erzeugte|erstellte) antwort",
    r"autom[^\W\d]{3,10} (atbilde|respuesta)|absente? (du bureau|jusqu)|en (vacances|congés?)|fuera de la oficina",
)
READ_SUBJECTS = (r"(not )?read", r"gelesen", r"ungelesen gelöscht", r"deleted", r"lu", r"leído", r"letto", r"gelezen")
READ_WORDS = (
    r"\b(was|wurde|has been|a été)\b.{0,160}\b(read|gelesen|gelöscht|displayed|deleted without being read|lu)\b",
)
FORWARDED_SUBJECTS = (r"fwd?", r"wg", r"tr", r"rv", r"enc", r"i", r"vs", r"vb", r"doorst", r"weitergeleitet", r"转发")


PREFIXES = r"\s*(?:(?:re|aw|antw|sv|r)\s*:\s*){{0,5}}"
"""A form for marks of an answer, as they may stand before any other mark of a subject."""


def pattern(phrases: tuple[str, ...], *, form: str = "{}", flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    """Compile phrases into one pattern that ignores case; `form` stands around them."""
    return re.compile(form.format("(?:" + "|".join(phrases) + ")"), re.IGNORECASE | flags)
