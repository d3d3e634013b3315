package main

import (
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const planetByID = "SELECT name FROM planet WHERE id = $1"

func pgxProgram() program {
	var pool *pgxpool.Pool
	name := func(ctx context.Context, id int) error {
		var name string
		return pool.QueryRow(ctx, planetByID, id).Scan(&name)
	}
	prepare := func(ctx context.Context) error {
		config, err := pgxpool.ParseConfig(os.Getenv("DATABASE_URL"))
		if err != nil {
			return err
		}
		config.ConnConfig.Tracer = otelpgx.NewTracer()
		if pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
			return err
		}
		_, err = pool.Exec(ctx, "CREATE TABLE planet AS SELECT n AS id, 'planet ' || n AS name"+
			" FROM generate_series(1, 900) AS n")
		return err
	}
	return program{prepare, map[string]func(context.Context) error{
		"pgx_loop": func(ctx context.Context) error {
			return each(1, 10, func(n int) error { return name(ctx, n) })
		},
		"pgx_three": func(ctx context.Context) error {
			return each(1, 3, func(n int) error { return name(ctx, n) })
		},
		"pgx_goroutines": func(ctx context.Context) error {
			var group sync.WaitGroup
			for n := range 10 {
				group.Add(1)
				go func() {
					defer group.Done()
					check(name(ctx, n+1))
				}()
			}
			group.Wait()
			return nil
		},
		"pgx_any": func(ctx context.Context) error {
			rows, err := pool.Query(ctx, "SELECT name FROM planet WHERE id = ANY($1)", []int{1, 2, 3, 4})
			if err == nil {
				rows.Close()
			}
			return err
		},
		"pgx_no_rows": func(ctx context.Context) error {
			return each(5001, 5008, func(n int) error {
				if err := name(ctx, n); err != pgx.ErrNoRows {
					return err
				}
				return nil
			})
		},
		"pgx_batch": func(ctx context.Context) error {
			batch := &pgx.Batch{}
			for n := range 10 {
				batch.Queue(planetByID, n+1)
			}
			return pool.SendBatch(ctx, batch).Close()
		},
		"pgx_copy": func(ctx context.Context) error {
			rows := [][]any{{901, "a"}, {902, "b"}, {903, "c"}, {904, "d"}, {905, "e"}, {906, "f"}}
			_, err := pool.CopyFrom(ctx, pgx.Identifier{"planet"}, []string{"id", "name"},
				pgx.CopyFromRows(rows))
			return err
		},
		"pgx_insert_each": func(ctx context.Context) error {
			return each(1001, 1006, func(n int) error {
				_, err := pool.Exec(ctx, "INSERT INTO planet VALUES ($1, $2)", n, fmt.Sprint("new ", n))
				return err
			})
		},
		"pgx_transaction_each": func(ctx context.Context) error {
			return each(1, 6, func(n int) error {
				return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
					_, err := tx.Exec(ctx, "UPDATE planet SET name = $2 WHERE id = $1", n, "renamed")
					return err
				})
			})
		},
		"pgx_count_again": func(ctx context.Context) error {
			return each(1, 6, func(int) error {
				var count int
				return pool.QueryRow(ctx, "SELECT count(*) FROM planet").Scan(&count)
			})
		},
	}}
}
