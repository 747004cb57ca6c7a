"""Talks as people give them: subjects that follow one another, small talk, questions, asides."""

from collections.abc import Sequence

from karaokify_daemon.domain.sentences import Sentence, sentences
from karaokify_daemon.domain.transcript import Segment, Transcript, Word

BREAD = (
    "Good morning, everybody, and welcome to the kitchen.",
    "It is lovely to see so many of you again.",
    "Today I want to talk about baking sourdough bread at home.",
    "My first loaves were as flat as a plate.",
    "The reason was simple: I never looked after my starter.",
    "A starter is flour and water in which wild yeast lives.",
    "Wild yeast wants to be fed with fresh flour every day.",
    "It gets hungry faster when the kitchen is warm.",
    "Feed the starter twice before you bake, and it will double in four hours.",
    "A starter that smells of acetone has not been fed for days.",
    "Wild yeast dies above sixty degrees, so keep it away from the oven.",
    "Okay, where was I?",
    "Now we come to the dough, which is the longest part.",
    "Sourdough needs strong flour, because weak gluten tears.",
    "Gluten is what holds the gas in the dough.",
    "Stretch the dough and fold it every thirty minutes.",
    "It feels like chewing gum when the gluten is ready.",
    "Salt makes the gluten stronger, and it slows the dough down.",
    "Cold dough is easier to shape, so put the dough in the fridge overnight.",
    "Well, anyway, you get the idea.",
    "Let me say something about the oven, because ovens are weak at home.",
    "A baking stone stores the heat of the oven.",
    "Heat the baking stone for an hour at two hundred and fifty degrees.",
    "Steam keeps the crust soft, so that the loaf can rise in the oven.",
    "Pour a cup of water onto a hot tray below the baking stone.",
    "The crust is done when it is the colour of a chestnut.",
    "Let a few minutes be for questions that came by mail.",
    "Peter asks whether rye flour makes a better starter.",
    "Rye flour has more minerals, and the yeast grows twice as fast on it.",
    "How long does a sourdough loaf keep?",
    "A sourdough loaf keeps for six days, because the acid stops the mould.",
    "So, that is all that I have for today.",
    "Feed your starter, fold your dough, and steam your oven.",
    "Thank you for listening, and see you next week.",
)
BICYCLE = (
    "Guten Abend, schön, dass ihr alle da seid.",
    "Ich hoffe, ihr habt gut hergefunden.",
    "Heute geht es um das Reparieren von Fahrrädern in der eigenen Küche.",
    "Meine erste Kette ist nach zwei Monaten gerissen.",
    "Der Grund war einfach: Ich hatte sie nie geölt.",
    "Eine trockene Kette verschleißt dreimal so schnell wie eine geölte Kette.",
    "Öl gehört auf die Kette und nicht auf die Bremsscheibe.",
    "Eine Kettenlehre misst den Verschleiß der Kette.",
    "Er zeigt sich zuerst an den kleinen Ritzeln.",
    "Eine Kettenlehre kostet zehn Euro und spart neue Ritzel.",
    "Kauft euch also eine Kettenlehre.",
    "So, wo war ich?",
    "Jetzt kommen wir zu den Bremsen, und da hört der Spaß auf.",
    "Eine Scheibenbremse quietscht, wenn Fett auf dem Bremsbelag ist.",
    "Schleifpapier rettet einen verglasten Bremsbelag.",
    "Das ist billiger als ein neuer.",
    "Luft in der Bremsleitung macht die Scheibenbremse weich.",
    "Entlüftet die Bremsleitung einmal im Jahr mit frischem Mineralöl.",
    "Na ja, ihr versteht schon.",
    "Nun zu den Reifen, denn die meisten fahren mit zu wenig Luft.",
    "Ein platter Reifen hat meistens eine Scherbe im Mantel.",
    "Sucht die Scherbe, bevor ihr den Schlauch wechselt.",
    "Breite Reifen brauchen weniger Druck und rollen trotzdem leicht.",
    "Anna fragt, ob man einen Schlauch flicken kann.",
    "Ein geflickter Schlauch hält so lange wie ein neuer Schlauch.",
    "Wie oft wechselt man den Mantel?",
    "Ein guter Mantel hält fünftausend Kilometer.",
    "Das war es für heute.",
    "Ölt die Kette, entlüftet die Bremsleitung und pumpt die Reifen auf.",
    "Danke fürs Zuhören und bis zum nächsten Mal.",
)


def spoken(
    texts: Sequence[str], language: str = "en", per_word: int = 400, pause: int = 600
) -> tuple[list[Sentence], int]:
    """Return the sentences of a talk, and its length in milliseconds."""
    words: list[Word] = []
    now = 500
    for text in texts:
        for token in text.split():
            words.append(Word(token, now, now + per_word - 30))
            now += per_word
        now += pause
    return sentences(Transcript((Segment(tuple(words)),), language)), now
