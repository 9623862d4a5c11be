/** Where invented people and companies are at home. */
export interface Region {
  country: string;
  /** Hours that its clocks are ahead of UTC in winter, which is close enough for office hours. */
  utcOffset: number;
  given: readonly string[];
  family: readonly string[];
  /** What stands before a trade in a company's name, beside family names. */
  places: readonly string[];
  trades: readonly string[];
  /** Legal forms; an empty one is a company that goes without. */
  forms: readonly string[];
}

const words = (text: string): string[] => text.split(" ");
const list = (text: string): string[] => text.split(", ");

const region = (
  country: string,
  utcOffset: number,
  [given, family, places, trades, forms]: [string, string, string, string, string],
): Region => ({
  country,
  utcOffset,
  given: words(given),
  family: words(family),
  places: list(places),
  trades: list(trades),
  forms: list(forms),
});

/** The markets of the demo's company. */
export const regions: readonly Region[] = [
  region("Norway", 1, [
    "Ingrid Håkon Solveig Øyvind Maren Lars Sigrid Eirik Tuva Magnus",
    "Haugland Bjørnstad Nygård Solberg Lien Myklebust Ødegård Tveit Fossum Strand",
    "Vestfjord, Nordlys, Lofoten, Valldal",
    "Sjømat, Logistikk, Meieri, Farma",
    "AS, ASA",
  ]),
  region("Germany", 1, [
    "Anneliese Jörg Katharina Matthias Jürgen Lea Friederike Tobias Emre Saskia",
    "Brandt Köhler Schäfer Yıldız Vogel Lindner Großmann Pohl Weiß Kraft",
    "Rheinufer, Elbtal, Nordsee, Alpenland",
    "Pharmalogistik, Kühlhaus, Molkerei, Labortechnik",
    "GmbH, AG, KG",
  ]),
  region("France", 1, [
    "Amélie Théo Camille Jérôme Noémie Rémi Aïcha Benoît Élodie Mathis",
    "Lefèvre Moreau Girard Benali Rousseau Chevallier Dubois Perrin Marchand Faure",
    "Val de Loire, Armor, Provence, Jura",
    "Frais, Laboratoires, Logistique, Laiterie",
    "SAS, SA, SARL",
  ]),
  region("Spain", 1, [
    "Lucía Álvaro Nerea Íñigo Marta Rubén Inés Sergio Begoña Joan",
    "Ibáñez Muñoz Etxeberria Serrano Vidal Castaño Peña Ortega Ferrer Quintana",
    "Ribera, Costa Verde, Levante, Sierra Alta",
    "Frutas, Congelados, Farmacéutica, Transportes",
    "SL, SA",
  ]),
  region("Italy", 1, [
    "Giulia Matteo Chiara Niccolò Francesca Davide Elena Tommaso Ilaria Luca",
    "Bellini Ferraro Ricci Galli Conti Marchetti Greco Lombardi Sartori Testa",
    "Valpadana, Adriatica, Monviso, Etna",
    "Latticini, Surgelati, Farmaceutici, Trasporti",
    "SpA, Srl",
  ]),
  region("Poland", 1, [
    "Agnieszka Michał Łucja Paweł Zofia Bartosz Katarzyna Jakub Małgorzata Wojciech",
    "Wójcik Kowalczyk Pietrzak Gołąb Krawczyk Woźniak Kaczmarek Mazur Wróbel Nowak",
    "Mazowsze, Podhale, Wisła, Bałtyk",
    "Chłodnie, Mleczarnia, Farmacja, Transport",
    "S.A., sp. z o.o.",
  ]),
  region("Netherlands", 1, [
    "Sanne Daan Femke Bram Lotte Ruben Anouk Jeroen Fatima Thijs",
    "Visser Hoekstra Bakker Dijkstra Postma Meijer Veenstra Mulder Kuipers Hendriks",
    "Noordzee, Polder, Maasvlakte, Veluwe",
    "Koelhuizen, Zuivel, Bloemen, Pharma",
    "BV, NV",
  ]),
  region("United Kingdom", 0, [
    "Imogen Callum Priya Rhys Eleanor Oluwaseun Fiona Gareth Aisha Duncan",
    "Ashworth Pemberton Okafor Llewellyn MacLeod Patel Hargreaves Whitcombe Sinclair Thorne",
    "Calder, Severnside, Fenland, Moray",
    "Foods, Biologics, Haulage, Dairies",
    "Ltd, plc",
  ]),
  region("Ireland", 0, [
    "Aoife Cian Niamh Oisín Saoirse Declan Gráinne Fergal Róisín Conor",
    "Gallagher Kinsella Brennan Tierney Doyle Moriarty Hennessy Lynch Cassidy Nolan",
    "Liffey, Connemara, Burren, Shannon",
    "Biopharma, Creamery, Seafoods, Freight",
    "Ltd, DAC",
  ]),
  region("Türkiye", 3, [
    "Elif Emre Zeynep Çağlar Gülşen Burak İrem Oğuz Defne Serkan",
    "Yılmaz Şahin Öztürk Aydın Koç Çelik Arslan Güneş Doğan Kılıç",
    "Ege, Marmara, Anadolu, Toros",
    "Gıda, İlaç, Lojistik, Soğuk Depo",
    "A.Ş., Ltd. Şti.",
  ]),
  region("United States", -6, [
    "Hannah Marcus Guadalupe Tyler Jasmine Derek Xiomara Caleb Naomi Andre",
    "Whitfield Castellanos Nguyen Abernathy Jefferson Kowalski Ramirez Sundberg Tran Holloway",
    "Lakeshore, Prairie, Blue Ridge, Cascade",
    "Cold Storage, Biosciences, Produce, Carriers",
    "Inc., LLC, Corp.",
  ]),
  region("Brazil", -3, [
    "Thaís João Larissa Caio Beatriz Rafael Conceição Otávio Luana Vinícius",
    "Ferreira Gonçalves Araújo Nascimento Sampaio Teixeira Moraes Brandão Leitão Assunção",
    "Serra Azul, Paraná, Ipê, Cerrado",
    "Frutas, Laticínios, Logística, Farma",
    "Ltda, S.A.",
  ]),
  region("India", 5.5, [
    "Ananya Rohan Kavitha Arjun Meera Siddharth Lakshmi Vikram Nandini Imran",
    "Iyer Chatterjee Deshpande Reddy Kulkarni Menon Banerjee Qureshi Nair Bhatia",
    "Deccan, Konkan, Malabar, Yamuna",
    "Vaccines, Agro, Logistics, Dairy",
    "Pvt Ltd, Ltd",
  ]),
  region("Japan", 9, [
    "Haruka Kenji Yūko Daichi Sakura Takumi Aiko Ryō Misaki Shōta",
    "Takahashi Watanabe Kobayashi Itō Nakamura Yamashita Ōno Fujita Hayashi Mori",
    "Hokuriku, Setouchi, Minato, Kitami",
    "Suisan, Reizō, Seiyaku, Butsuryū",
    "K.K., G.K.",
  ]),
  region("Kenya", 3, [
    "Wanjiru Otieno Achieng Kamau Njeri Kiprono Nyambura Baraka Zawadi Mutiso",
    "Mwangi Odhiambo Kariuki Cheruiyot Wambui Kilonzo Njoroge Barasa Onyango Karanja",
    "Naivasha, Rift, Savanna, Tana",
    "Flowers, Fresh Exports, Medical Supplies, Freight",
    "Ltd",
  ]),
];
