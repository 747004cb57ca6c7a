"""Small words, by language, that hold phrases together, so that rows can end between phrases.

Lists of stop words are something else: they hold every frequent word, wherever it stands. These are
closed classes: articles, possessives, subject pronouns, negations, prepositions and postpositions,
conjunctions, relative pronouns. Of languages that are not listed, none is known.
"""

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class FunctionWords:
    """Words of a language, in small letters.

    A row ends well before `openers`, badly behind `clingers`, and badly before `trailers`.
    """

    openers: frozenset[str] = frozenset()
    clingers: frozenset[str] = frozenset()
    trailers: frozenset[str] = frozenset()


@cache
def function_words(language: str) -> FunctionWords:
    """Return the words of a language by its code, such as de or de-CH; none of one not listed.

    >>> "die" in function_words("de").clingers, "die" in function_words("en").clingers
    (True, False)
    """
    both, openers, clingers, trailers = (
        part.split() for part in _WORDS.get(language.partition("-")[0].lower(), "|||").split("|")
    )
    return FunctionWords(
        frozenset([*both, *openers]), frozenset([*both, *clingers]), frozenset(trailers)
    )


# Of each language: words that open a phrase and cling to it | that only open one | that only cling
# to the word behind them | that cling to the word before them.
_WORDS = {
    "en": """
        and but or nor of in on at to for by with from as if than into onto |
        so yet because although though while when where who whom whose which that unless
        until since before after without over under through between among about against
        during whether within across behind beyond toward towards upon |
        a an the my your his her its our their this these those i we you he she they it is
        are was were not no very |
    """,
    "de": """
        und oder aber denn sondern in im ins am vom von zum zur zu bei beim bis für durch
        gegen ohne um aus nach seit wegen während trotz als wenn |
        weil dass daß ob obwohl damit bevor nachdem sobald solange sowie sowohl welcher
        welche welches wo wie wer was mit auf an über unter vor hinter neben zwischen |
        der die das den dem des ein eine einen einem einer eines kein keine keinen keinem
        keiner mein meine meinen meinem meiner dein deine sein seine seinen seiner ihr ihre
        ihren unser unsere dieser diese dieses diesen diesem jeder jede jedes ich du er wir
        nicht sehr mit auf an |
    """,
    "fr": """
        et ou mais ni car de du des à au aux en dans par pour sur sous avec sans chez vers
        entre que qui dont où si comme |
        quand lorsque parce puisque depuis pendant avant après afin quoique tandis jusque
        lequel laquelle |
        le la les un une l d mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs
        ce cet cette ces je tu il elle on nous vous ils elles ne se me te est sont très |
    """,
    "es": """
        y e o u pero sino ni de del a al en con sin por para entre hacia hasta desde sobre
        que si como |
        porque aunque cuando donde mientras pues según durante ante tras bajo quien quienes
        cual cuyo |
        el la los las un una unos unas lo mi mis tu tus su sus nuestro nuestra este esta
        estos estas ese esa esos esas aquel aquella yo no se me te le les nos es son muy |
    """,
    "it": """
        e ed o ma né di del dello della dei degli delle a al allo alla ai agli alle da dal
        dallo dalla dai dagli dalle in nel nello nella nei negli nelle con su sul sullo
        sulla sui sugli sulle per tra fra che se come |
        perché quando mentre dove poiché affinché benché oppure senza verso durante cui
        quale |
        il lo la i gli le un uno una mio mia miei mie tuo tua suo sua suoi sue nostro nostra
        vostro vostra loro questo questa questi queste quel quello quella quei quegli quelle
        io non si mi ti ci vi è sono molto |
    """,
    "pt": """
        e ou mas nem de do da dos das a ao à aos às em no na nos nas num numa com sem por
        pelo pela pelos pelas para entre até desde sobre que se como |
        porque embora quando onde enquanto pois segundo durante quem qual cujo |
        o os as um uma uns umas meu minha meus minhas teu tua seu sua seus suas nosso nossa
        este esta estes estas esse essa isso aquele aquela eu não me te lhe é são muito |
    """,
    "nl": """
        en of maar want van in op aan bij voor met zonder uit naar tot tegen te om als dan
        dat |
        omdat hoewel terwijl wanneer waar die wie welke zodat voordat nadat sinds door over
        onder tussen tijdens |
        de het een mijn jouw zijn haar ons onze hun deze dit die geen ik je jij hij ze zij
        we wij niet heel zeer |
    """,
    "sv": """
        och eller men för att av i på till från med utan om hos vid som än |
        eftersom därför när där medan innan efter under över mellan genom mot vilken vilket
        |
        en ett den det de min mitt mina din ditt dina sin sitt sina hans hennes vår vårt
        våra deras denna detta dessa jag du han hon vi ni inte mycket |
    """,
    "da": """
        og eller men for at af i på til fra med uden om hos ved som end |
        fordi når hvor mens før efter under over mellem gennem mod hvilken hvis |
        en et den det de min mit mine din dit dine sin sit sine hans hendes vores deres
        denne dette disse jeg du han hun vi ikke meget |
    """,
    "no": """
        og eller men for at av i på til fra med uten om hos ved som enn å |
        fordi når hvor mens før etter under over mellom gjennom mot hvilken hvis |
        en ei et den det de min mitt mine din ditt dine sin sitt sine hans hennes vår vårt
        deres denne dette disse jeg du han hun vi ikke veldig |
    """,
    "pl": """
        i a oraz lub albo ale w we z ze na do od dla po przy przez pod nad bez o u za że jak
        czy ku |
        bo ponieważ gdy kiedy gdzie który która które którzy aby żeby choć jeśli jeżeli
        zanim między przed podczas |
        nie mój moja moje twój twoja jego jej nasz nasza ich ten ta to ci te ja bardzo |
        się by
    """,
    "cs": """
        a i nebo ale v ve z ze na do od pro po při přes pod nad bez o u za že s se k ke jako
        |
        protože když kde který která které aby ačkoli pokud zda než mezi před během |
        můj moje tvůj jeho její náš naše jejich ten ta to tento tato velmi |
    """,
    "ru": """
        и а но или в во на с со к ко у о об от до из за по под над при про без для через что
        как |
        потому если когда где чтобы хотя пока который которая которое которые между перед
        после ради |
        не ни мой моя моё твой его её наш наша их этот эта это эти тот та те я ты мы вы он
        она они очень |
        бы ли же
    """,
    "uk": """
        і й та а але або в у на з із зі до від за по під над при про без для через що як |
        бо тому якщо коли де щоб хоча поки який яка яке які між перед після |
        не ні мій моя твій його її наш наша їх цей ця це ці той я ти ми ви він вона вони
        дуже |
        би б же ж
    """,
    "tr": """
        ve veya ya ama fakat |
        çünkü ancak eğer |
        bir bu şu o çok en daha her |
        için gibi kadar ile göre sonra önce rağmen doğru mi mı mu mü de da ki
    """,
    "el": """
        και κι ή αλλά σε στο στη στην στον στους στις στα από με για προς χωρίς ως ότι πως
        που να αν |
        γιατί επειδή όταν όπου ενώ μέχρι μετά πριν οποίος οποία οποίο |
        ο η το οι τα του της των τον την τους τις τη ένας μια ένα δεν μην θα μου σου πολύ |
    """,
    "ro": """
        și sau dar în din de la pe cu fără pentru prin spre că dacă ca să |
        pentru deoarece când unde deși care căruia între după înainte |
        un o al a ai ale cel cea cei cele acest această nu se îmi îți este sunt foarte |
    """,
    "hu": """
        és vagy de hogy ha mint |
        mert amikor ahol aki amely ami miközben mielőtt miután |
        a az egy ez nem nagyon |
        is alatt fölött felett mellett mögött előtt után között nélkül miatt szerint helyett
        ellen iránt számára
    """,
    "fi": """
        ja tai mutta että jos kuin |
        koska kun vaikka jotta joka jotka missä ennen ilman |
        ei en et emme ette eivät hyvin minun sinun hänen tämä se |
        kanssa jälkeen takia vuoksi alla päällä edessä takana vieressä aikana mukaan
        puolesta
    """,
    "hi": """
        और या लेकिन कि अगर |
        क्योंकि जब जहाँ जो |
        एक यह वह ये वे मेरा मेरी मेरे बहुत नहीं |
        का के की को में से पर ने तक भी ही है हैं था थे थी
    """,
    "ar": """
        في من إلى على عن مع أو ثم أن إن لكن بين حتى |
        لأن عندما حيث الذي التي الذين إذا قبل بعد |
        لا لم لن ما هذا هذه ذلك تلك كل يا قد |
    """,
    "he": """
        של את על אל עם מן בין או אבל כי אם עד |
        כאשר אשר לפני אחרי למרות |
        לא אין יש אני אתה הוא היא כל |
    """,
}
