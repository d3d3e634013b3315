package main

import (
	"context"
	"database/sql"
	"os"

	"github.com/XSAM/otelsql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"go.opentelemetry.io/otel/attribute"
)

const starByID = "SELECT name FROM star WHERE id = $1"

func otelsqlProgram() program {
	var db *sql.DB
	prepare := func(ctx context.Context) (err error) {
		db, err = otelsql.Open("pgx", os.Getenv("DATABASE_URL"),
			otelsql.WithAttributes(attribute.String("db.system.name", "postgresql")))
		if err != nil {
			return err
		}
		_, err = db.Exec("CREATE TABLE star AS SELECT n AS id, 'star ' || n AS name" +
			" FROM generate_series(1, 900) AS n")
		return err
	}
	name := func(ctx context.Context, id int) error {
		var name string
		return db.QueryRowContext(ctx, starByID, id).Scan(&name)
	}
	list := func(ctx context.Context, text string, values ...any) error {
		rows, err := db.QueryContext(ctx, text, values...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
		}
		return rows.Err()
	}
	return program{prepare, map[string]func(context.Context) error{
		"otelsql_loop": func(ctx context.Context) error {
			return each(1, 10, func(n int) error { return name(ctx, n) })
		},
		"otelsql_four": func(ctx context.Context) error {
			return each(1, 4, func(n int) error { return name(ctx, n) })
		},
		"otelsql_in": func(ctx context.Context) error {
			return list(ctx, "SELECT name FROM star WHERE id IN ($1, $2, $3, $4, $5)", 1, 2, 3, 4, 5)
		},
		"otelsql_prepare_each": func(ctx context.Context) error {
			return each(1, 7, func(n int) error {
				statement, err := db.PrepareContext(ctx, starByID)
				if err != nil {
					return err
				}
				defer statement.Close()
				var name string
				return statement.QueryRowContext(ctx, n).Scan(&name)
			})
		},
		"otelsql_prepare_four": func(ctx context.Context) error {
			return each(1, 4, func(n int) error {
				statement, err := db.PrepareContext(ctx, starByID)
				if err != nil {
					return err
				}
				defer statement.Close()
				var name string
				return statement.QueryRowContext(ctx, n).Scan(&name)
			})
		},
		"otelsql_ping": func(ctx context.Context) error {
			return each(1, 8, func(int) error { return db.PingContext(ctx) })
		},
		"otelsql_transaction_each": func(ctx context.Context) error {
			return each(1, 6, func(n int) error {
				tx, err := db.BeginTx(ctx, nil)
				if err != nil {
					return err
				}
				if _, err = tx.ExecContext(ctx, "DELETE FROM star WHERE id = $1", 800+n); err != nil {
					return err
				}
				return tx.Commit()
			})
		},
		"otelsql_keyset": func(ctx context.Context) error {
			return each(0, 5, func(n int) error {
				return list(ctx, "SELECT id FROM star WHERE id > $1 ORDER BY id LIMIT 100", n*100)
			})
		},
	}}
}
