"""Real words for the made tokenizer to learn, and made-up ones to fill a vocabulary with."""

from __future__ import annotations

SENTENCES = (
    "The harbour office opens at seven and closes when the last ship has left the quay.",
    "A page of a document holds a title, paragraphs of text, tables, formulas, figures and footnotes.",
    "Table Recognition: the first row of the table names the columns, and the first column names the rows.",
    "Formula Recognition: the sum of the squares equals the square of the sum minus twice the product.",
    "Chart Recognition: the chart shows how many tonnes of cargo were moved in each month of the year.",
    "Seal Recognition: the seal of the company is round and red, with a star in the middle of it.",
    "Spotting: find every line of text in the picture and say where it is.",
    "User: OCR: read the text. Assistant: this is what the picture says.",
    "The report was written by the northern pilot station and sent to the ministry of transport.",
    "Total amount due, including value added tax, within thirty days after the date of the invoice.",
    "Between the mountains and the sea there is a narrow plain where most of the people live.",
    "Nothing that is described here has happened, and none of these persons has ever been alive.",
    "She measured the temperature of the water every morning before the others were awake.",
    "If the pressure is higher than the limit, the valve opens and the water leaves the vessel.",
    "The results of the second experiment are not as good as those of the first one.",
    "References: see the list of sources at the end of this chapter, in the order of their numbers.",
    "Copyright, contents, abstract, introduction, method, results, discussion, conclusion, appendix.",
    "They would have been there already if the train had not been late because of the snow.",
    "Which of these questions should the committee answer first, and which of them can wait?",
    "January, February, March, April, May, June, July, August, September, October, November, December.",
    "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday; one, two, three, four, five, six.",
    "Der Hafen öffnet um sieben Uhr und schließt, wenn das letzte Schiff den Kai verlassen hat.",
    "Die Übersicht über die Größe der Flächen steht auf der nächsten Seite des Berichtes.",
    "Le rapport a été écrit à la station du nord et envoyé au ministère des transports.",
    "La façade de l'hôtel où nous étions n'a pas été rénovée depuis très longtemps.",
    "El señor que vivía en la montaña bajó al mar para ver los barcos del año pasado.",
    "Порт открывается в семь часов и закрывается, когда последний корабль покидает причал.",
    "Отчёт был написан на северной станции и отправлен в министерство транспорта.",
    "港口七点开门,最后一艘船离开码头时关门。",
    "这一页有标题、正文、表格、公式和图片。",
    r"\frac{a}{b} = \sum_{i=1}^{n} x_i^2 + \alpha \cdot \beta - \int_0^1 f(t) dt \leq \sqrt{2}",
    "0 1 2 3 4 5 6 7 8 9 10 % & @ # $ * + - / = < > [ ] { } ( ) | ~ ^ _ ` ' \" ! ? ; : , . \\",
)
"""What the tokenizer learns from, in several alphabets."""

_OPENINGS = "bdfgklmnprstvz"
_VOWELS = "aeiou"


def filler(place: int) -> str:
    """A made-up word of three syllables; up to 343,000 places give as many words."""
    word = ""
    for _ in range(3):
        place, vowel = divmod(place, len(_VOWELS))
        place, opening = divmod(place, len(_OPENINGS))
        word = _OPENINGS[opening] + _VOWELS[vowel] + word
    return word
