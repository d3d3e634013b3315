//! Diesel on SQLite, with the spans of diesel-tracing and its feature `statement-fields`.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_tracing::sqlite::InstrumentedSqliteConnection;

use crate::{Done, Program};

diesel::table! {
    cats (id) {
        id -> Integer,
        name -> Text,
    }
}
diesel::table! {
    visits (id) {
        id -> Integer,
        reason -> Text,
        cat_id -> Integer,
    }
}
diesel::joinable!(visits -> cats (cat_id));
diesel::allow_tables_to_appear_in_same_query!(cats, visits);

#[derive(Identifiable, Queryable, Selectable)]
struct Cat {
    id: i32,
    #[allow(dead_code)] // read by nobody: what counts is how it is read
    name: String,
}

#[derive(Associations, Identifiable, Queryable, Selectable)]
#[diesel(belongs_to(Cat))]
struct Visit {
    id: i32,
    #[allow(dead_code)]
    reason: String,
    cat_id: i32,
}

const TABLES: &str = "
CREATE TABLE cats (id integer PRIMARY KEY, name text NOT NULL);
CREATE TABLE visits (id integer PRIMARY KEY, reason text NOT NULL, cat_id integer NOT NULL REFERENCES cats);
WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 10)
INSERT INTO cats SELECT n, 'cat ' || n FROM n;
WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 300)
INSERT INTO visits SELECT n, 'visit ' || n, n % 10 + 1 FROM n;
";

pub fn program() -> Program {
    let mut db = InstrumentedSqliteConnection::establish(":memory:").expect("SQLite is built in");
    Box::new(move |name| case(name, &mut db))
}

fn visit(id: i32, db: &mut InstrumentedSqliteConnection) -> QueryResult<Visit> {
    visits::table.find(id).first(db)
}

fn add(reason: &str, db: &mut InstrumentedSqliteConnection) -> QueryResult<Visit> {
    diesel::insert_into(visits::table)
        .values((visits::reason.eq(reason), visits::cat_id.eq(1)))
        .get_result(db)
}

fn case(name: &str, db: &mut InstrumentedSqliteConnection) -> Done {
    match name {
        "ready" => db.batch_execute(TABLES)?,
        "diesel_belonging_to_each" => {
            for cat in cats::table.load::<Cat>(db)? {
                Visit::belonging_to(&cat).load::<Visit>(db)?;
            }
        }
        "diesel_belonging_to" => {
            let all = cats::table.load::<Cat>(db)?;
            Visit::belonging_to(&all).load::<Visit>(db)?;
        }
        "diesel_inner_join" => {
            visits::table.inner_join(cats::table).load::<(Visit, Cat)>(db)?;
        }
        "diesel_find_each" => {
            for id in 1..=8 {
                visit(id, db)?;
            }
        }
        "diesel_eq_any" => {
            visits::table.filter(visits::id.eq_any(1..=8)).load::<Visit>(db)?;
        }
        "diesel_four" => {
            for id in 1..=4 {
                visit(id, db)?;
            }
        }
        "diesel_same" => {
            for _ in 0..6 {
                visit(7, db)?;
            }
        }
        "diesel_count_again" => {
            for _ in 0..6 {
                cats::table.count().get_result::<i64>(db)?;
            }
        }
        "diesel_insert_each" => {
            for _ in 0..6 {
                add("check-up", db)?;
            }
        }
        "diesel_update_each" => {
            for id in 1..=6 {
                diesel::update(visits::table.find(id))
                    .set(visits::reason.eq("check-up"))
                    .get_result::<Visit>(db)?;
            }
        }
        "diesel_execute_each" => {
            for id in 1..=6 {
                diesel::update(visits::table.find(id)).set(visits::reason.eq("vaccine")).execute(db)?;
            }
        }
        "diesel_transaction" => {
            db.transaction(|db| (0..3).try_for_each(|_| add("check-up", db).map(drop)))?;
        }
        "diesel_keyset" => {
            let mut last = 0;
            while let Some(visit) = visits::table
                .filter(visits::id.gt(last))
                .order(visits::id)
                .limit(50)
                .load::<Visit>(db)?
                .pop()
            {
                last = visit.id;
            }
        }
        _ => return Err(format!("no case {name}").into()),
    }
    Ok(())
}
