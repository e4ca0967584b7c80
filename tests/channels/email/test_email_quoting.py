"""Reply cutting: every client of docs/providers.md, 3.5, plain and HTML."""

import pytest

from channels.email.markup import html_to_text
from channels.email.quoting import take_apart

ADDRESS = "Отдел продаж <sales@ourdomain.example>"

INTRODUCTIONS = {
    "gmail_ru": f"ср, 12 февр. 2025 г. в 10:00, {ADDRESS}:",
    "gmail_ru_new": f"пт, 14 февр. 2025 г., 09:12 {ADDRESS}:",
    "gmail_ru_old": f"12 февраля 2025 г., 10:00 пользователь {ADDRESS} написал:",
    "gmail_ru_may": f"чт, 1 мая 2025 г. в 10:00, {ADDRESS}:",
    "gmail_ru_no_name": "ср, 12 февр. 2025 г. в 10:00, <sales@ourdomain.example>:",
    "gmail_iso": f"2025-02-12 10:00 GMT+03:00 {ADDRESS}:",
    "gmail_en": f"On Wed, Feb 12, 2025 at 10:00 AM {ADDRESS} wrote:",
    "gmail_wrapped": "ср, 12 февр. 2025 г. в 10:00, Отдел продаж кухонь и шкафов <\n"
    "sales@ourdomain.example>:",
    "gmail_en_wrapped": "On Wed, Feb 12, 2025 at 10:00 AM Отдел продаж\n"
    "<sales@ourdomain.example> wrote:",
    "yandex": '12.02.2025, 10:00, "Отдел продаж" <sales@ourdomain.example>:',
    "yandex_words": f"12 февраля 2025, 10:00, {ADDRESS}:",
    "mail_ru": f"Среда, 12 февраля 2025, 10:00 +03:00 от {ADDRESS}:",
    "mail_ru_friday": f"Пятница, 14 февраля 2025, 10:00 +03:00 от {ADDRESS}:",
    "apple_ru": f"12 февр. 2025 г., в 10:00, {ADDRESS} написал(а):",
    "apple_en": f"On 12 Feb 2025, at 10:00, {ADDRESS} wrote:",
    "thunderbird_ru": "12.02.2025 10:00, Отдел продаж пишет:",
    "thunderbird_en": "On 12/02/2025 10:00, Отдел продаж wrote:",
    "thunderbird_iso": "On 2025-02-12 10:00, Отдел продаж wrote:",
    "the_bat": "Вы писали 12 февраля 2025 г., 10:00:33:",
    "kmail": "В письме от среда, 12 февраля 2025 г. 10:00:00 MSK пользователь Отдел написал:",
    "writer_first": f"{ADDRESS} писал(а) 12.02.2025 10:00:",
    "german": "Am Mi., 12. Feb. 2025 um 10:00 Uhr schrieb Vertrieb <sales@ourdomain.example>:",
}

OUTLOOK_BLOCK = """От: Отдел продаж <sales@ourdomain.example>
Отправлено: 12 февраля 2025 г. 10:00
Кому: Петр <petr@example.ru>
Тема: Заявка

Подтвердите заказ
+7 495 123-45-67"""

BLOCKS = {
    "outlook_ru": OUTLOOK_BLOCK,
    "outlook_ru_ruled": "________________________________\n" + OUTLOOK_BLOCK,
    "outlook_ru_marked": "-----Исходное сообщение-----\n" + OUTLOOK_BLOCK,
    "outlook_en": "From: Sales <sales@ourdomain.example>\nSent: Wednesday, February 12, 2025\n"
    "To: Petr <petr@example.ru>\nCc: Anna <anna@example.ru>\nSubject: Order\n\nPlease confirm",
    "outlook_bold": "*От:* Отдел <s@o.example>\n*Дата:* среда, 12 февраля\n*Тема:* Re\n\nтекст",
    "outlook_mobile": "________________________________\nОт: Отдел <sales@ourdomain.example>\n"
    "Отправлено: среда, февраля 12, 2025 10:00 AM\nКому: petr@example.ru "
    "<petr@example.ru>\nТема: Заявка\n\nтекст",
    "original": "-----Original Message-----\nFrom: a@b.example\n\ntext",
    "yandex_forward": "-------- Пересылаемое сообщение --------\nОт кого: X <a@b.example>\n"
    "Кому: y@b.example\nДата: 12 февраля\nТема: T\n\nтекст",
    "thunderbird_forward": "-------- Перенаправленное сообщение --------\nТема: T\n"
    "Дата: Wed, 12 Feb 2025\nОт: X <a@b.example>\nКому: y@b.example\n\nтекст",
    "gmail_forward": "---------- Forwarded message ---------\nОт: X <a@b.example>\n"
    "Date: ср, 12 февр. 2025 г. в 10:00\nSubject: T\nTo: <y@b.example>\n\nтекст",
    "apple_forward": "Начало переадресованного сообщения:\n\n> От: X <a@b.example>\n> Тема: T\n",
}


@pytest.mark.parametrize("introduction", INTRODUCTIONS.values(), ids=INTRODUCTIONS.keys())
class TestIntroduction:
    def test_marked_quote_is_cut(self, introduction: str) -> None:
        text = f"Да, согласен.\n\n{introduction}\n> Подтвердите заказ\n>\n> С уважением\n"
        assert take_apart(text).new == "Да, согласен."

    def test_quote_after_a_blank_line_is_cut(self, introduction: str) -> None:
        text = f"Да, согласен.\n\n{introduction}\n\n> Подтвердите заказ"
        assert take_apart(text).new == "Да, согласен."

    def test_unmarked_quote_is_cut(self, introduction: str) -> None:
        text = f"Да, согласен.\n\n{introduction}\n\nПодтвердите заказ\nи адрес"
        assert take_apart(text).new == "Да, согласен."

    def test_introduction_that_is_quoted_itself_is_cut(self, introduction: str) -> None:
        quoted = "\n".join(f">{line}" for line in introduction.split("\n"))
        text = f"Да, согласен.\n\n{quoted}\n>\n>Подтвердите заказ"
        assert take_apart(text).new == "Да, согласен."

    def test_answer_below_the_quote_is_kept(self, introduction: str) -> None:
        text = f"{introduction}\n> Подтвердите заказ\n\nДа, согласен.\n\n> И адрес?\nМосква"
        assert take_apart(text).new == "Да, согласен.\n\nМосква"

    def test_without_a_quote_nothing_else_is_lost(self, introduction: str) -> None:
        assert take_apart(f"Да.\n{introduction}").new == "Да."

    def test_windows_line_ends_and_hard_blanks_change_nothing(self, introduction: str) -> None:
        html = f"<div>Да.</div><div>{introduction.replace('<', '&lt;')}</div><blockquote>x"
        assert take_apart(html_to_text(html.replace(" г.", "&nbsp;г."))).new == "Да."


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS.keys())
def test_block_of_an_older_mail_cuts_all_that_follows(block: str) -> None:
    assert take_apart(f"Да, согласен.\n\n{block}").new == "Да, согласен."


HTML = {
    "gmail": '<div dir="ltr">Да, согласен.</div><br><div class="gmail_quote">'
    '<div dir="ltr" class="gmail_attr">ср, 12 февр. 2025 г. в 10:00, Отдел &lt;<a href="mailto:'
    's@o.example">s@o.example</a>&gt;:<br></div><blockquote class="gmail_quote" style="margin:0 0'
    ' 0 .8ex;border-left:1px #ccc solid">Подтвердите<br><div>заказ</div></blockquote></div>',
    "gmail_container": '<div>Да, согласен.</div><div class="gmail_quote gmail_quote_container">x'
    "<div>y</div></div>",
    "yandex": "<div>Да, согласен.</div><div> </div><div>12.02.2025, 10:00, &quot;Отдел&quot; "
    "&lt;s@o.example&gt;:</div><blockquote><p>Подтвердите заказ</p></blockquote>",
    "yandex_signature": "<div>Да, согласен.</div><div> </div><div>-- </div><div>Петр</div>"
    "<div> </div><div>12.02.2025, 10:00, &quot;Отдел&quot; &lt;s@o.example&gt;:</div>"
    "<blockquote><p>Подтвердите заказ</p></blockquote>",
    "mail_ru": "<p>Да, согласен.</p><blockquote style='border-left:1px solid #0857A6;margin:10px;"
    "padding:0 0 0 10px'>Среда, 12 февраля 2025, 10:00 +03:00 от Отдел &lt;s@o.example&gt;:<br>"
    "<div>Подтвердите</div></blockquote>",
    "mail_ru_outside": "<p>Да, согласен.</p>Среда, 12 февраля 2025, 10:00 +03:00 от Отдел &lt;"
    "s@o.example&gt;:<br><blockquote>Подтвердите</blockquote>",
    "outlook_com": "<div>Да, согласен.</div><div id='appendonsend'></div><hr style='x'>"
    "<div id='divRplyFwdMsg' dir='ltr'><b>Von:</b> x</div><div>Подтвердите</div>",
    "outlook": '<p class="MsoNormal">Да, согласен.<o:p></o:p></p><p class="MsoNormal"><o:p>&nbsp;'
    '</o:p></p><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">'
    '<p class="MsoNormal"><b>От:</b> Отдел &lt;s@o.example&gt; <br><b>Отправлено:</b> 12 февраля'
    "<br><b>Кому:</b> p@e.example<br><b>Тема:</b> Re</p></div><p>Подтвердите</p>",
    "outlook_no_rule": "<p>Да, согласен.</p><p><b>От:</b> Отдел &lt;s@o.example&gt; <br><b>"
    "Отправлено:</b> 12 февраля<br><b>Кому:</b> p@e.example<br><b>Тема:</b> Re</p><p>Старое</p>",
    "apple": "<html><body>Да, согласен.<br><div><br><blockquote type='cite'><div>12 февр. 2025 г.,"
    " в 10:00, X &lt;s@o.example&gt; написал(а):</div><br></blockquote></div><blockquote "
    "type='cite'><div>Подтвердите</div></blockquote></body></html>",
    "iphone": "<div>Да, согласен.</div><div dir='ltr'>Отправлено с iPhone</div><div dir='ltr'><br>"
    "<blockquote type='cite'>12 февр. 2025 г., в 10:00, X написал(а):</blockquote></div>",
    "thunderbird": "<p>Да, согласен.</p><div class='moz-cite-prefix'>12.02.2025 10:00, X пишет:"
    "<br></div><blockquote type='cite' cite='mid:1'>Подтвердите</blockquote>"
    "<pre class='moz-signature'>-- \nПетр</pre>",
    "gmail_signature": "<div>Да, согласен.</div><div><br></div><span>-- </span><br><div class='"
    "gmail_signature' data-smartmail='gmail_signature'><div>Петр<br>+7 916 123-45-67</div></div>",
    "outlook_mobile_signature": "<div>Да, согласен.</div><div id='ms-outlook-mobile-signature'>"
    "<div>Получить <a href='https://aka.ms/x'>Outlook для Android</a></div></div>",
}


@pytest.mark.parametrize("markup", HTML.values(), ids=HTML.keys())
def test_quotes_and_signatures_that_html_marks_are_cut(markup: str) -> None:
    assert take_apart(html_to_text(markup)).new == "Да, согласен."


SIGNATURES = {
    "delimiter": "-- \nПетр Иванов\nООО «Ромашка»\n+7 916 123-45-67",
    "delimiter_bare": "--\nПетр Иванов",
    "closing": "С уважением,\nПетр Иванов\n+7 916 123-45-67",
    "closing_one_line": "С уважением, Петр Иванов",
    "closing_bare": "с уважением",
    "closing_role": "С уважением, менеджер ООО «Ромашка»",
    "wishes": "С наилучшими пожеланиями,\nПетр",
    "regards": "Best regards,\nPetr",
    "kind_regards": "Kind regards\nPetr",
    "iphone": "Отправлено с iPhone",
    "ipad": "Отправлено с моего iPad",
    "iphone_en": "Sent from my iPhone",
    "mail_ru_mobile": "Отправлено из мобильной Почты Mail.ru",
    "mail_ru": "Отправлено из Почты Mail.ru",
    "yandex_mobile": "Отправлено из мобильной Яндекс Почты",
    "yandex": "Отправлено из Яндекс Почты для мобильных: https://yandex.ru",
    "samsung": "Отправлено с моего смартфона Samsung Galaxy",
    "outlook": "Получить Outlook для iOS<https://aka.ms/o0ukef>",
    "avast": "Без вирусов. www.avast.ru",
}


@pytest.mark.parametrize("signature", SIGNATURES.values(), ids=SIGNATURES.keys())
class TestSignature:
    def test_is_cut_at_the_end(self, signature: str) -> None:
        assert take_apart(f"Да, согласен.\n\n{signature}\n").new == "Да, согласен."

    def test_is_cut_above_a_quote(self, signature: str) -> None:
        text = f"Да, согласен.\n\n{signature}\n\n{INTRODUCTIONS['yandex']}\n> Подтвердите"
        assert take_apart(text).new == "Да, согласен."

    def test_is_kept_as_the_rest(self, signature: str) -> None:
        assert signature.split("\n", 1)[0].strip() in take_apart(f"Да.\n\n{signature}").rest


OWN_WORDS = (
    "С уважением отношусь к вашей фирме, но жду ответа",
    "Отправлено с курьером вчера",
    "Жду вас 12.02.2025 в 10:00, адрес:\nул. Ленина, 1",
    "12.02.2025 в 10:00 от метро заберите:\nстол и стул",
    "Здравствуйте!\n\nНужно:\n- шкаф\n- стол\n\nСпасибо",
    "Тема: кухня\nСрок: месяц",
    "От: двери\nДо: окна",
    "Прошу выслать счёт на почту ivan@example.ru:\nООО «Ромашка»",
    "Он написал:\nнужно два шкафа",
    "1. Сколько стоит?\n--\n" + "\n".join(f"Строка {n} с вопросом" for n in range(20)),
    "Пересылаемое сообщение пришло битым",
)


@pytest.mark.parametrize("text", OWN_WORDS)
def test_customers_own_words_stay(text: str) -> None:
    assert take_apart(text).new == text


def test_postscript_below_a_signature_is_kept() -> None:
    text = "Согласен.\n\nС уважением,\nПетр\n\nP.S. Позвоните завтра"
    assert take_apart(text).new == "Согласен.\n\nP.S. Позвоните завтра"


def test_answers_between_quotes_are_kept_in_order() -> None:
    text = "Добрый день!\n> Цвет?\nБелый\n> Размер?\nДва метра\n"
    assert take_apart(text).new == "Добрый день!\n\nБелый\n\nДва метра"


def test_the_bat_quotes_with_initials() -> None:
    assert take_apart("Да.\n\nОП> Подтвердите\nОП> заказ").new == "Да."


def test_gmail_indent_is_no_quote() -> None:
    markup = (
        "<div>Пункты:</div><blockquote class='gmail_quote' style='margin:0 0 0 40px;border:none;"
        "padding:0px'>шкаф</blockquote>"
    )
    assert take_apart(html_to_text(markup)).new == "Пункты:\nшкаф"


def test_answer_of_nothing_but_a_quote_is_empty() -> None:
    assert take_apart(f"{INTRODUCTIONS['yandex']}\n> Подтвердите").new == ""


def test_nested_quotes_are_cut_as_one() -> None:
    text = (
        f"Да.\n\n{INTRODUCTIONS['gmail_ru']}\n> Хорошо\n>\n> {INTRODUCTIONS['yandex']}\n>> Нет\n>\n"
    )
    assert take_apart(text).new == "Да."


class TestHtml:
    def test_blocks_are_lines_and_cells_are_parted_by_tabs(self) -> None:
        markup = (
            "<table><tr><td><p>Имя</p></td><td><p>Иван</p></td></tr><tr><td>А</td></tr></table>"
        )
        assert html_to_text(markup) == "Имя\tИван\nА"

    def test_unseen_parts_are_left_out(self) -> None:
        markup = "<head><title>t</title><style>p{}</style></head><!-- c --><script>x</script>a<br>b"
        assert html_to_text(markup) == "a\nb"

    def test_paragraphs_are_parted_by_a_blank_line(self) -> None:
        assert html_to_text("<p>a</p><p>b</p>") == "a\n\nb"

    def test_words_keep_their_blanks_through_inline_tags(self) -> None:
        assert html_to_text("<b>Да</b>, <i>согл</i>асен &amp; рад&nbsp;!") == "Да, согласен & рад !"

    def test_broken_markup_is_read_as_far_as_it_goes(self) -> None:
        assert html_to_text("<div>a <b>b</div> 1 < 2 <br") == "a b\n1 < 2 <br"
