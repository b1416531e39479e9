"""Questions in other languages are known by their function words; English ones have foreign names."""

import pytest

from kbqa.linking.languages import foreign_language

FOREIGN = """
German: Wie viele Kunden gibt es in Porto?
German: welche städte haben mehr als 3 kunden
German: Zeige alle Produkte mit einem Preis über 50
French: Combien de clients y a-t-il à Porto ?
French: Quelles sont les villes du Portugal ?
French: liste des produits par prix
Spanish: ¿Cuántos clientes hay en Porto?
Spanish: muestra los productos más caros
Spanish: ¿Quién vive en Akureyri?
Portuguese: Quantos clientes há no Porto?
Portuguese: Quais são os produtos mais caros?
Italian: Quanti clienti ci sono a Porto?
Italian: mostrami tutti i prodotti con prezzo maggiore di 50
Dutch: Hoeveel klanten wonen er in Porto?
Dutch: Welke producten zijn duurder dan 50?
Polish: Ile klientów mieszka w Porto?
Czech: Kolik zákazníků je z Porta?
Swedish: Hur många kunder finns det i Porto?
Danish or Norwegian: Hvor mange kunder er der i Porto?
Finnish: Kuinka monta asiakasta on Portossa?
Hungarian: Hány ügyfél van Portóban?
Romanian: Câți clienți sunt în Porto?
Turkish: Porto'da kaç müşteri var?
Indonesian: Berapa banyak pelanggan di Porto?
Vietnamese: Có bao nhiêu khách hàng ở Porto?
a language of Cyrillic letters: Сколько клиентов в Порту?
Greek: Πόσοι πελάτες είναι στο Πόρτο;
Chinese: 波尔图有多少客户？
Japanese: ポルトには何人の顧客がいますか？
Korean: 포르투에는 고객이 몇 명입니까?
Arabic or Persian: كم عدد العملاء في بورتو؟
Hindi: पोर्टो में कितने ग्राहक हैं?
"""
ENGLISH = """
How many customers are there in Porto?
Which albums are by die Ärzte?
songs titled Que Sera Sera
songs titled "quando quando quando"
which restaurants are called Chez le Quand et Qui?
albums by los lobos de la noche
who wrote el amor en los tiempos del cólera?
albums de la soul
What is the price of café au lait?
customers from São Paulo or Rio de Janeiro
Müller, Straße
cat care products
total per city
orders est de
show the films La vie est belle and Das Boot
members of Les Misérables cast, sorted by age
Who is the mayor of Москва?
who plays in 七人の侍?
名
Este Lauder products
sales in Los Angeles, La Paz, El Paso
Bonjour
data about war and man
was die hat man war
comment list
van models
names of the pubs "Wie geht es dir" and "Was ist das"
Do you have Wo ist die Katze?
Where is Hur, son of Hvor?
"""


def lines(text):
    return text.strip().splitlines()


@pytest.mark.parametrize("line", lines(FOREIGN))
def test_questions_in_other_languages_are_known(line):
    language, _, question = line.partition(": ")
    assert foreign_language(question) == language


@pytest.mark.parametrize("question", lines(ENGLISH))
def test_english_with_foreign_names_is_english(question):
    assert foreign_language(question) == ""
