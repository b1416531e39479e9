-- A hire of bikes that keeps times in every way: as epochs, as digits, as dates and as texts of times.
CREATE TABLE member (
    member_id INTEGER PRIMARY KEY, name TEXT, birth_date DATE, joined_on INTEGER, left_on INTEGER
);
CREATE TABLE plan_price (plan TEXT, price_cents INTEGER, valid_from DATE, valid_to DATE);
CREATE TABLE bike (
    bike_id INTEGER PRIMARY KEY, model TEXT, built_year INTEGER, bought_month INTEGER, weight_g INTEGER
);
CREATE TABLE rental (
    rental_id INTEGER PRIMARY KEY, member_id INTEGER REFERENCES member (member_id),
    bike_id INTEGER REFERENCES bike (bike_id), out_ts INTEGER, back_ts INTEGER, distance_m INTEGER,
    paid_cents INTEGER, ride_min INTEGER
);
CREATE TABLE ping (ping_id INTEGER PRIMARY KEY, bike_id INTEGER REFERENCES bike (bike_id), seenAt INTEGER);
CREATE TABLE repair (
    repair_id INTEGER PRIMARY KEY, bike_id INTEGER REFERENCES bike (bike_id), reported_at TIMESTAMP,
    fixed_at TIMESTAMP
);
CREATE TABLE bill (
    bill_id INTEGER PRIMARY KEY, member_id INTEGER REFERENCES member (member_id), due_date DATE, paid_on DATE,
    amount_cents INTEGER, discount REAL
);
INSERT INTO member VALUES
    (1, 'Ana', '1990-03-14', 20230115, NULL), (2, 'Ben', '2000-03-15', 20241101, NULL),
    (3, 'Cleo', '1960-12-01', 20200630, 20241231), (4, 'Dan', '1985-07-20', 20241130, 20250301);
INSERT INTO plan_price VALUES
    ('day', 900, '2023-01-01', '2023-12-31'), ('day', 1000, '2024-01-01', '2024-06-30'),
    ('day', 1150, '2024-07-01', NULL), ('year', 9900, '2024-01-01', NULL);
INSERT INTO bike VALUES
    (1, 'Swift', 2015, 201506, 12500), (2, 'Swift', 2020, 202011, 11900), (3, 'Cargo', 2023, 202404, 24500);
INSERT INTO rental VALUES
    -- Friday 1 November 2024 23:10 to Saturday 01:40
    (1, 1, 1, 1730502600, 1730511600, 12000, 450, 150),
    -- Saturday 9 November 2024 10:00 to 11:00
    (2, 2, 2, 1731146400, 1731150000, 8000, 200, 60),
    -- Sunday 10 November 2024 20:30 to 21:15
    (3, 1, 2, 1731270600, 1731273300, 5500, 150, 45),
    -- Monday 2 December 2024 06:05 to Tuesday 06:05
    (4, 3, 3, 1733119500, 1733205900, 40000, 2500, 1440),
    -- Wednesday 12 February 2025 18:00 to 19:30
    (5, 4, 1, 1739383200, 1739388600, 15000, 400, 90);
INSERT INTO ping VALUES
    (1, 1, 1739383200250), (2, 1, 1739386800000), (3, 2, 1731146400999), (4, 3, 1733119500000);
INSERT INTO repair VALUES
    (1, 1, '2025-01-06 08:00:00', '2025-01-06 20:00:00'), (2, 1, '2025-01-31 22:00:00', '2025-02-04 10:00:00'),
    (3, 3, '2025-02-08 09:00:00', '2025-02-11 09:00:00'), (4, 2, '2025-03-09 12:00:00', NULL);
INSERT INTO bill VALUES
    (1, 1, '2024-11-30', '2024-12-02', 450, 0.0), (2, 2, '2024-12-15', '2024-12-15', 3200, 0.1),
    (3, 3, '2025-01-05', NULL, 2500, 0.25), (4, 4, '2025-03-20', NULL, 400, 0.05);
