"""Words that are not in any template, in the languages of the emails."""

from dataclasses import dataclass

from shared.languages import Language


@dataclass(frozen=True)
class Wording:
    """One language's words for a meeting in a calendar, and for how to object to a decision."""

    appointment: str
    appointment_note: str
    complaint: str


WORDINGS: dict[Language, Wording] = {
    "nl": Wording(
        appointment="Bijeenkomst",
        appointment_note="De plaats en alle uitleg vind je achter de link in onze mail.",
        complaint=(
            "Ben je het hier niet mee eens? Laat het ons gerust weten: we kijken er graag nog eens naar met jou."
            " Je mag ook altijd een klacht indienen bij de Gegevensbeschermingsautoriteit. Dat is gratis."
        ),
    ),
    "fr": Wording(
        appointment="Réunion",
        appointment_note="Le lieu et toutes les explications se trouvent derrière le lien dans notre mail.",
        complaint=(
            "Vous n’êtes pas d’accord ? Dites-le-nous : nous regarderons volontiers encore une fois avec vous."
            " Vous pouvez aussi toujours introduire une plainte auprès de l’Autorité de protection des données."
            " C'est gratuit."
        ),
    ),
    "en": Wording(
        appointment="Meeting",
        appointment_note="You will find the place and all details behind the link in our mail.",
        complaint=(
            "Do you not agree? Please tell us: we are glad to look at it again with you."
            " You may also always complain to the Data Protection Authority. It costs nothing."
        ),
    ),
    "ar": Wording(
        appointment="لقاء",
        appointment_note="تجد المكان وكل الشرح خلف الرابط في رسالتنا.",
        complaint=(
            "ألست موافقًا على هذا؟ أخبرنا بكل راحة: يسرّنا أن ننظر في الأمر معك مرة أخرى."
            " ويمكنك دائمًا أن تقدّم شكوى إلى هيئة حماية البيانات (Gegevensbeschermingsautoriteit). هذا مجاني."
        ),
    ),
    "tr": Wording(
        appointment="Toplantı",
        appointment_note="Yeri ve bütün açıklamaları e-postamızdaki linkte bulursunuz.",
        complaint=(
            "Aynı fikirde değil misiniz? Bize rahatça söyleyin: sizinle bir kez daha bakmaktan memnun oluruz."
            " Veri Koruma Kurumu'na (Gegevensbeschermingsautoriteit) her zaman şikâyette de bulunabilirsiniz."
            " Bu ücretsizdir."
        ),
    ),
    "pl": Wording(
        appointment="Spotkanie",
        appointment_note="Miejsce i wszystkie wyjaśnienia znajdziesz pod linkiem w naszym mailu.",
        complaint=(
            "Nie zgadzasz się z tym? Śmiało daj nam znać: chętnie spojrzymy na to z tobą jeszcze raz."
            " Zawsze możesz też złożyć skargę do urzędu ochrony danych (Gegevensbeschermingsautoriteit)."
            " To nic nie kosztuje."
        ),
    ),
    "uk": Wording(
        appointment="Зустріч",
        appointment_note="Місце й усі пояснення ви знайдете за посиланням у нашому листі.",
        complaint=(
            "Не згодні? Сміливо скажіть нам: ми радо подивимося на це з вами ще раз."
            " Ви також завжди можете подати скаргу до органу захисту даних (Gegevensbeschermingsautoriteit)."
            " Це безкоштовно."
        ),
    ),
}
