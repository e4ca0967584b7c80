"""Short and other forms of Russian first names, each with the one form that stands for all."""

_FORMS = """
aleksandr: sasha sanya sanek shura aleksandra aleks
aleksei: lesha alesha leha
anastasa: nasta nastena stasa
anatoli: tola tolik
andrei: andruha andrusha
ana: ana anya anuta nura
anton: antoha tosha
artem: tema artemi
boris: bora
vadim: vadik
valentin: vala valentina
valeri: valera valera
vasili: vasa
viktor: vita vitek
viktora: vika
vladimir: vova volodya voloda vovan
vladislav: vlad vladik
vyacheslav: slava vacheslav
galina: gala
grigori: grisha
dara: dasha
denis: deniska den
dmitri: dima dimon mita
evgeni: zhena zheka evgena
ekaterina: kata katusha
elena: lena alena
elizaveta: liza
ivan: vana vanek
igor: igorek
ila: ilusha
irina: ira
kirill: kiril
konstantin: kosta kostan
ksena: ksusha
larisa: lara
leonid: lena lenya
ludmila: luda luda mila
luba: lubov
margarita: rita
mara: masha manya
maksim: maks
mihail: misha mishana
nadezhda: nada
natala: natasha nata
nikita: nikitos
nikolai: kola kolan
oleg: olezhka
olga: ola olenka
pavel: pasha pashka
petr: peta
polina: pola
roman: roma
svetlana: sveta svetik
sergei: serezha serega seryi
sofa: sona sofi
stanislav: stas
stepan: stepa
tatana: tana
timofei: tima
ula: ulka
uri: ura urok
yaroslav: yarik
"""


def _read(text: str) -> dict[str, str]:
    """Form → the one that stands for all; a form of two names stands for neither."""
    found: dict[str, set[str]] = {}
    for line in text.strip().splitlines():
        full, _, forms = line.partition(": ")
        for form in (full, *forms.split()):
            found.setdefault(form, set()).add(full)
    return {
        form: full
        for form, (full, *others) in ((form, sorted(names)) for form, names in found.items())
        if not others
    }


FULL = _read(_FORMS)
"""As `names` writes what it hears."""
FIRST_NAMES = frozenset(_FORMS.replace(":", " ").split()) | frozenset(FULL.values())
"""Names that tell little, for many have them."""
