"""Words by which a sentence leans on another one, by language.

Referring back are third-person pronouns, demonstratives and connectives at the beginning (discourse
anaphora: Halliday and Hasan, Cohesion in English, 1976, isbn:978-0-582-55041-4). Only what is
hardly ever anything else is listed; of languages that are not, nothing is known.
"""

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class LeaningWords:
    """Words of a language, in small letters; a phrase has several, with spaces between them.

    What `backs` begins with needs what was said before, except where it begins with `unless`; so
    does a first clause that has `within`. Who `asks` (beginnings of words) and says then a word of
    `what` tells of a question.
    """

    backs: frozenset[str] = frozenset()
    unless: frozenset[str] = frozenset()
    within: frozenset[str] = frozenset()
    asks: tuple[str, ...] = ()
    what: frozenset[str] = frozenset()


@cache
def leaning_words(language: str) -> LeaningWords:
    """Return the words of a language by its code, such as de or de-CH; none of one not listed.

    >>> "they" in leaning_words("en").backs, "der grund war" in leaning_words("de-CH").backs
    (True, True)
    >>> leaning_words("xx") == LeaningWords()
    True
    """
    text = _WORDS.get(language.partition("-")[0].lower(), "||||")
    backs, unless, within, asks, what = (
        [phrase for word in part.split() if (phrase := word.replace("_", " "))]
        for part in text.split("|")
    )
    return LeaningWords(
        frozenset(backs), frozenset(unless), frozenset(within), tuple(asks), frozenset(what)
    )


# Of each language: what a sentence that refers back begins with | does not, though it looks like it
# | has in its first clause | beginnings of words for asking | words for what is asked.
_WORDS = {
    "en": """
        it its it's they they're their them he he's she she's him her his this these that that's
        those such and but so or yet because also then therefore thus however instead otherwise
        anyway besides moreover nor which who whose hence still similarly since_then after_that
        for_example for_instance in_other_words of_course the_reason_was the_reason_is
        the_answer_is the_answer_was the_result_is the_result_was the_same the_latter the_former
        the_other one_of_them some_of_them most_of_them both_of_them not_only_that |
        this_week this_month this_year this_morning this_evening this_time this_talk this_episode
        this_video this_lecture so_far so_many so_much such_as it_takes her_majesty |
        of_it of_them of_these of_those of_this of_that |
        ask wonder question_is question_was wants_to_know wanted_to_know |
        whether if why how what who where when which
    """,
    "de": """
        er es ihn ihm ihr ihre ihren ihrem ihrer sein seine seinen dies diese dieser dieses diesem
        diesen und aber denn doch oder sondern also deshalb darum daher deswegen dann danach damit
        dadurch dabei dafür dagegen dazu davon darüber daraus trotzdem außerdem jedoch sonst
        stattdessen weil so solche solcher solches auch nämlich das_ist das_sind das_war das_waren
        das_hat das_heißt das_liegt das_kann das_geht das_macht das_wird das_wäre der_grund_war
        der_grund_ist der_grund_dafür die_antwort_ist die_antwort_war die_antwort_lautet
        das_ergebnis_war das_ergebnis_ist dasselbe zum_beispiel mit_anderen_worten natürlich_nicht
        eine_davon einer_davon eines_davon die_anderen die_andere der_andere |
        es_gibt es_geht es_war_einmal diese_woche dieses_jahr dieses_mal diesen_monat |
        davon darin daraus |
        fragt fragte fragen frage_ist frage_war gefragt wissen_will wollte_wissen will_wissen
        möchte_wissen wollten_wissen wollen_wissen |
        ob warum wieso weshalb wie was wer wo wann wohin welche welcher welches
    """,
    "fr": """
        il elle ils elles lui leur ce c'est cela ça ceci cet cette ces celui celle ceux celles et
        mais ou donc or car puis ensuite alors aussi pourtant cependant parce_que c'était sinon
        ainsi d'ailleurs par_exemple la_raison_est la_raison_était la_réponse_est le_résultat_est
        les_autres l'autre son sa ses leurs |
        il_y il_faut il_est_important cette_semaine cette_année ce_soir ce_matin ce_mois |
        d'entre_eux d'entre_elles |
        demand question_est | si pourquoi comment ce quoi qui où quand quel quelle quels quelles
    """,
    "es": """
        él ella ellos ellas este_es esta_es esto eso aquello ese esa esos esas estos estas y e pero
        o sino entonces luego después también además sin_embargo porque así por_eso por_ejemplo
        la_razón_es la_razón_era la_respuesta_es el_resultado_es los_otros su sus lo_mismo |
        esta_semana este_año este_mes esta_mañana así_que_hoy |
        de_ellos de_ellas de_eso de_esto |
        pregunt |
        si por cómo qué quién dónde cuándo cuál cuáles
    """,
    "it": """
        lui lei loro esso essa essi questo questa questi queste quello quella ciò e ed ma o però
        quindi poi dopo anche inoltre tuttavia perché così allora per_esempio per_questo
        la_ragione_è la_ragione_era la_risposta_è il_risultato_è gli_altri lo_stesso suo sua suoi |
        questa_settimana quest'anno questo_mese questa_mattina |
        di_loro di_esso di_essa di_questo |
        chied chiesto domand | se perché come cosa che chi dove quando quale quali
    """,
    "pt": """
        ele ela eles elas isto isso aquilo este_é esse essa esses essas estes estas e mas ou porém
        então depois também além_disso contudo porque assim por_isso por_exemplo a_razão_é
        a_razão_era a_resposta_é o_resultado_é os_outros o_mesmo seu sua seus suas dele dela |
        esta_semana este_ano este_mês esta_manhã |
        deles delas disso disto dele dela |
        pergunt | se por como o que quem onde quando qual quais
    """,
    "nl": """
        hij zij ze haar hem hun zijn dit dat deze die en maar want of dus dan daarna daarom daardoor
        daarvoor daarbij ook bovendien toch echter omdat zo bijvoorbeeld de_reden_was de_reden_is
        het_antwoord_is het_resultaat_is de_anderen hetzelfde het_is het_was |
        deze_week dit_jaar deze_maand vanochtend |
        ervan daarvan |
        vraag vroeg vragen wil_weten | of waarom hoe wat wie waar wanneer welke
    """,
    "sv": """
        han hon den det de dem hans hennes deras dess denna detta dessa sådan sådana och men eller
        så sedan då därför också dessutom dock eftersom annars till_exempel anledningen_var
        svaret_är resultatet_är samma |
        det_finns denna_vecka det_här_avsnittet | av_det av_dem av_dessa |
        fråga undra vill_veta | om varför hur vad vem var när vilken vilket vilka
    """,
    "da": """
        han hun den det de dem hans hendes deres dens denne dette disse sådan sådanne og men eller
        så derefter derfor også desuden dog fordi ellers for_eksempel grunden_var svaret_er
        resultatet_er samme |
        det_gælder denne_uge | af_det af_dem |
        spørg spurg vil_vide | om hvorfor hvordan hvad hvem hvor hvornår hvilken hvilke
    """,
    "no": """
        han hun den det de dem hans hennes deres dens denne dette disse slik slike og men eller så
        deretter derfor også dessuten likevel fordi ellers for_eksempel grunnen_var svaret_er
        resultatet_er samme |
        det_gjelder denne_uken | av_det av_dem |
        spør spurt lurer vil_vite | om hvorfor hvordan hva hvem hvor når hvilken hvilke
    """,
    "pl": """
        on ona ono oni one jego jej ich to ten_sam tamten i a ale lub albo więc potem dlatego także
        też również jednak ponieważ bo inaczej na_przykład powodem_było odpowiedź_brzmi wynik_jest
        takie taki taka |
        | z_nich z_tego | pyta spyta zapyta | czy dlaczego jak co kto gdzie kiedy który która
    """,
    "cs": """
        on ona ono oni jeho její jejich to tito tyto a i ale nebo tak pak potom proto také však
        protože jinak například důvodem_bylo odpověď_je výsledek_je takový taková takové |
        | z_nich z_toho | ptá ptal zeptal | zda jestli proč jak co kdo kde kdy který která
    """,
    "ru": """
        он она оно они его её их им это этот эта эти тот та те такой такая такие и а но или поэтому
        потом затем также однако потому иначе например причина_была ответ_таков тогда зато
        то_же |
        это_видео эта_лекция | из_них из_этого | спрашива спросил спросит вопрос_в |
        ли почему зачем как что кто где когда какой какая какие
    """,
    "uk": """
        він вона воно вони його її їх це цей ця ці той та ті такий така такі і й а але або тому
        потім також однак бо інакше наприклад тоді зате |
        цього_тижня | з_них з_цього | пита запита спита | чи чому як що хто де коли який яка які
    """,
    "tr": """
        o onlar onun onların bu bunlar şu ve ama fakat veya çünkü sonra ayrıca ancak yoksa böylece
        bu_yüzden bunun örneğin oysa |
        bu_hafta bu_yıl bu_sabah bu_videoda | | |
    """,
    "el": """
        αυτός αυτή αυτό αυτοί αυτές αυτά εκείνος εκείνη και κι αλλά ή όμως άρα μετά επίσης επειδή
        έτσι τότε αλλιώς για_παράδειγμα ο_λόγος_ήταν η_απάντηση_είναι |
        αυτή_την_εβδομάδα | από_αυτά από_αυτές | ρωτ ρώτ | αν γιατί πώς τι ποιος πού πότε
    """,
    "ro": """
        el ea ei ele lui lor acesta aceasta acestea aceștia asta acela aceea și dar sau deci apoi
        de_aceea totuși pentru_că altfel de_exemplu motivul_era răspunsul_este rezultatul_este |
        | dintre_ele dintre_ei | întreab întrebat | dacă de cum ce cine unde când care
    """,
    "hu": """
        ő ők ez ezek azok ennek annak és vagy de tehát aztán ezért azért is mert különben például
        az_ok a_válasz_az ilyen olyan viszont |
        ez_a_hét | közülük ebből abból | kérdez kérdi | hogy miért hogyan mi mit ki hol mikor
    """,
    "fi": """
        hän he se ne hänen heidän sen niiden tämä nämä tuo ja mutta tai joten sitten siksi myös
        kuitenkin koska muuten esimerkiksi syy_oli vastaus_on tulos_on sellainen |
        tällä_viikolla | niistä siitä | kysy | miksi miten mitä mikä kuka missä milloin voiko onko
    """,
    "hi": """
        वह वे उसका उसकी उनके यह ये और लेकिन या तो फिर इसलिए क्योंकि भी वरना उदाहरण_के_लिए |
        | उनमें_से इनमें_से | |
    """,
    "ar": """
        هو هي هم هذا هذه ذلك تلك لكن ولكن أو ثم لذلك لأن أيضا وإلا مثلا وهو وهي وهذا وذلك |
        هذا_الأسبوع هذا_العام | منها منهم | يسأل تسأل سأل سألت | هل لماذا كيف ماذا من أين متى إذا
    """,
    "he": """
        הוא היא הם הן זה זאת אלה אבל או אז לכן כי גם אחרת למשל וזה והוא והיא ולכן |
        השבוע_הזה | מהם מהן | שואל שאל שאלה | האם אם למה איך מה מי איפה מתי
    """,
}
