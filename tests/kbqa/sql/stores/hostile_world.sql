CREATE TABLE city (city_id integer PRIMARY KEY, name varchar(40));
CREATE TABLE person (id integer PRIMARY KEY, name varchar(40), age integer, secret varchar(40), city_id integer);
CREATE TABLE diary (id integer PRIMARY KEY, secret varchar(40));
CREATE TABLE hidden (a varchar(40));
INSERT INTO city VALUES (1, 'Oslo'), (2, 'Porto');
INSERT INTO person VALUES (1, 'Ada', 36, 'classified-1', 1), (2, 'Bo', 17, 'classified-2', 2), (3, 'Cy', 50, 'classified-3', 2);
INSERT INTO diary VALUES (1, 'open'), (2, 'public');
INSERT INTO hidden VALUES ('classified');
