"""List the names of people, cats and clinics to draw from."""

_GIVEN_NAMES = """
Ada Agnes Ahmed Aiko Alba Alejandro Alina Amara Amir Ana Anders Andrea Anika Anton Aoife Arjun
Astrid Ayse Beatriz Bela Benoit Bianca Bruno Camille Carlos Carmen Cecilia Chiara Chloe Clara
Claudia Dalia Daniel Daria David Diego Dina Dmitri Edith Eleni Elif Elise Emil Emma Enzo Erik
Esther Eva Fatima Felix Fiona Florian Freya Gabriel Gita Giulia Greta Hana Hannah Hassan Helena
Henrik Hugo Ida Ilse Ines Ingrid Irina Isaac Ivan Ivy Jakob Jana Jasmin Joana Jonas Jorge Julia
Kai Karim Karin Kenji Kira Lars Laura Leila Lena Leon Lidia Liam Linnea Lotte Lucia Luis Luna
Magda Maja Malik Marco Maria Marta Mateo Maya Mei Mila Mina Miriam Mohammed Nadia Naomi Nils Nina
Noa Nora Oksana Olga Oliver Omar Oscar Pablo Paula Petra Pia Priya Rafael Ravi Rosa Ruth Samir
Sanne Sara Selma Simon Sofia Stefan Sunita Tara Teresa Thea Tomas Tove Uma Vera Viktor Wanda Yara
Yusuf Zofia
"""

_SURNAMES = """
Abebe Adler Ahmadi Almeida Andersson Andrade Bakker Banerjee Barbosa Bauer Becker Bergmann Bianchi
Blanc Borg Brandt Byrne Cardoso Carlsen Castillo Cohen Conti Costa Dahl Delgado Demir Dias Dubois
Duran Eriksson Esposito Farrell Fernandez Ferrari Fischer Fontaine Fuchs Gallo Garcia Gomes Greco
Gruber Haas Hansen Hartmann Hassan Herrera Hofmann Horvat Ibrahim Ito Jansen Jensen Kaya Keller
Khan Kim Klein Kovacs Kowalski Kruger Kumar Larsen Laurent Lehmann Lind Lopez Lund Maier Marino
Martinez Mehta Mendes Meyer Moreau Moretti Nagy Nakamura Navarro Nielsen Nowak Okafor Olsen Ortega
Osei Papadakis Patel Pereira Petrov Popescu Quinn Ramos Rao Ricci Rivera Rojas Romano Rossi Roux
Sanchez Santoro Sato Schmidt Schneider Sharma Silva Simon Singh Sokolov Sorensen Suzuki Takahashi
Tanaka Torres Vargas Vasquez Vogel Wagner Weber Winkler Yamamoto Yilmaz Zhang Ziegler
"""

_CAT_NAMES = """
Apollo Basil Bella Biscuit Blossom Boots Bubbles Butterscotch Casper Chai Cleo Clementine Cookie
Cosmo Cricket Daisy Dumpling Felix Fig Finn Ginger Gizmo Hazel Honey Iggy Inky Jasper Juno Kiwi
Leo Lilly Loki Lucky Luna Mabel Maple Marble Merlin Midnight Milo Minka Miso Misty Mocha Mochi
Momo Moose Muffin Mushi Nala Nimbus Noodle Nova Oreo Oscar Otis Pancake Peaches Pepper Pickle Pip
Pixel Pretzel Pumpkin Purrcy Raven Rosie Rufus Rusty Sage Salem Salsa Sasha Shadow Simba Smokey
Socks Sooty Sprout Sushi Tabby Tango Teddy Tiger Tinkerbell Toast Tofu Tuxedo Velvet Waffles
Whiskers Willow Yuki Ziggy Zorro
"""

_CLINIC_PLACES = """
Alder Amber Bay Birch Bridge Brook Canal Castle Cedar Chapel Chestnut Cliff Garden Grove Harbor
Hazel Hill Lake Lantern Laurel Linden Maple Market Meadow Mill Old-Town Orchard Park Poplar River
Rose Spring Station Stone Sunny Valley Willow Windmill Winter
"""

GIVEN_NAMES = tuple(_GIVEN_NAMES.split())
SURNAMES = tuple(_SURNAMES.split())
CAT_NAMES = tuple(_CAT_NAMES.split())
CLINIC_PLACES = tuple(_CLINIC_PLACES.split())
CLINIC_KINDS = ("Cat Clinic", "Cat Hospital", "Feline Care", "Cats & Co.", "Veterinary Practice")
