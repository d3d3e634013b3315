//! SeaORM on PostgreSQL, with the spans of its feature `tracing-spans`.

use sea_orm::entity::prelude::*;
use sea_orm::{
    ActiveValue::Set, Database, DatabaseConnection, LoaderTrait, QueryOrder, QuerySelect,
    TransactionTrait,
};

use crate::Program;

mod author {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "author")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub name: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(has_many = "super::book::Entity")]
        Book,
    }

    impl Related<super::book::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Book.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod book {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "book")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub title: String,
        pub author_id: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::author::Entity",
            from = "Column::AuthorId",
            to = "super::author::Column::Id"
        )]
        Author,
    }

    impl Related<super::author::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Author.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

const TABLES: &str = "
CREATE TABLE author (id serial PRIMARY KEY, name text NOT NULL);
CREATE TABLE book (id serial PRIMARY KEY, title text NOT NULL, author_id int NOT NULL REFERENCES author);
INSERT INTO author (name) SELECT 'author ' || n FROM generate_series(1, 12) AS n;
INSERT INTO book (title, author_id) SELECT 'book ' || n, n % 12 + 1 FROM generate_series(1, 300) AS n;
";

pub fn program() -> Result<Program, Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let db = runtime.block_on(Database::connect(std::env::var("DATABASE_URL")?))?;
    Ok(Box::new(move |name| Ok(runtime.block_on(case(name, &db))?)))
}

fn titled(title: &str) -> book::ActiveModel {
    book::ActiveModel { title: Set(title.into()), author_id: Set(1), ..Default::default() }
}

async fn case(name: &str, db: &DatabaseConnection) -> Result<(), DbErr> {
    let authors = author::Entity::find().order_by_asc(author::Column::Id);
    let books = book::Entity::find().order_by_asc(book::Column::Id);
    match name {
        "ready" => {
            db.execute_unprepared(TABLES).await?;
        }
        "seaorm_related_each" => {
            for author in authors.all(db).await? {
                author.find_related(book::Entity).all(db).await?;
            }
        }
        "seaorm_related_one" => {
            for book in books.limit(9).all(db).await? {
                book.find_related(author::Entity).one(db).await?;
            }
        }
        "seaorm_also_related" => {
            books.find_also_related(author::Entity).all(db).await?;
        }
        "seaorm_with_related" => {
            author::Entity::find().find_with_related(book::Entity).all(db).await?;
        }
        "seaorm_load_many" => {
            authors.all(db).await?.load_many(book::Entity, db).await?;
        }
        "seaorm_load_one" => {
            books.all(db).await?.load_one(author::Entity, db).await?;
        }
        "seaorm_four" => {
            for author in authors.limit(4).all(db).await? {
                author.find_related(book::Entity).all(db).await?;
            }
        }
        "seaorm_find_by_id_each" => {
            for id in 1..=8 {
                author::Entity::find_by_id(id).one(db).await?;
            }
        }
        "seaorm_is_in" => {
            authors.filter(author::Column::Id.is_in(1..=8)).all(db).await?;
        }
        "seaorm_count_each" => {
            for id in 1..=7 {
                book::Entity::find().filter(book::Column::AuthorId.eq(id)).count(db).await?;
            }
        }
        "seaorm_same" => {
            for _ in 0..6 {
                author::Entity::find().all(db).await?;
            }
        }
        "seaorm_insert_each" => {
            for _ in 0..6 {
                titled("new").insert(db).await?;
            }
        }
        "seaorm_insert_many" => {
            book::Entity::insert_many((0..60).map(|_| titled("new"))).exec(db).await?;
        }
        "seaorm_update_each" => {
            for book in books.limit(6).all(db).await? {
                let mut changed: book::ActiveModel = book.into();
                changed.title = Set("renamed".into());
                changed.update(db).await?;
            }
        }
        "seaorm_update_many" => {
            book::Entity::update_many()
                .col_expr(book::Column::Title, Expr::value("all alike"))
                .exec(db)
                .await?;
        }
        "seaorm_transaction_each" => {
            for _ in 0..6 {
                let transaction = db.begin().await?;
                titled("new").insert(&transaction).await?;
                transaction.commit().await?;
            }
        }
        "seaorm_pages" => {
            let mut pages = books.paginate(db, 50);
            while pages.fetch_and_next().await?.is_some() {}
        }
        _ => return Err(DbErr::Custom(format!("no case {name}"))),
    }
    Ok(())
}
