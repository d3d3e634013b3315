package main

import (
	"context"
	"fmt"
	"os"

	"github.com/redis/go-redis/extra/redisotel/v9"
	"github.com/redis/go-redis/v9"
)

func goredisProgram() program {
	var client *redis.Client
	key := func(n int) string { return fmt.Sprint("score:", n) }
	prepare := func(ctx context.Context) error {
		options, err := redis.ParseURL(os.Getenv("REDIS_URL"))
		if err != nil {
			return err
		}
		client = redis.NewClient(options)
		if err = client.FlushAll(ctx).Err(); err != nil {
			return err
		}
		if err = each(1, 30, func(n int) error { return client.Set(ctx, key(n), n, 0).Err() }); err != nil {
			return err
		}
		return redisotel.InstrumentTracing(client)
	}
	return program{prepare, map[string]func(context.Context) error{
		"goredis_get_each": func(ctx context.Context) error {
			return each(1, 12, func(n int) error { return client.Get(ctx, key(n)).Err() })
		},
		"goredis_mget": func(ctx context.Context) error {
			return client.MGet(ctx, key(1), key(2), key(3), key(4), key(5), key(6)).Err()
		},
		"goredis_pipeline": func(ctx context.Context) error {
			_, err := client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
				return each(1, 12, func(n int) error { return pipe.Get(ctx, key(n)).Err() })
			})
			return err
		},
		"goredis_four": func(ctx context.Context) error {
			return each(1, 4, func(n int) error { return client.Get(ctx, key(n)).Err() })
		},
		"goredis_miss_each": func(ctx context.Context) error {
			return each(901, 908, func(n int) error {
				if err := client.Get(ctx, key(n)).Err(); err != redis.Nil {
					return err
				}
				return nil
			})
		},
		"goredis_same": func(ctx context.Context) error {
			return each(1, 7, func(int) error { return client.Get(ctx, key(1)).Err() })
		},
	}}
}
