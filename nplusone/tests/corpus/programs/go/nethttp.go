package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
)

func nethttpProgram() program {
	var url string
	client := http.Client{Transport: otelhttp.NewTransport(http.DefaultTransport)}
	prepare := func(context.Context) error {
		tries := 0
		service := http.NewServeMux()
		answer := func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "{}") }
		service.HandleFunc("GET /accounts/{id}", answer)
		service.HandleFunc("GET /accounts", answer)
		service.HandleFunc("GET /limits", answer)
		service.HandleFunc("GET /busy", func(w http.ResponseWriter, r *http.Request) {
			if tries++; tries%7 != 0 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		})
		url = httptest.NewServer(otelhttp.NewHandler(service, "accounts")).URL
		return nil
	}
	get := func(ctx context.Context, path string) (int, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+path, nil)
		if err != nil {
			return 0, err
		}
		response, err := client.Do(request)
		if err != nil {
			return 0, err
		}
		defer response.Body.Close()
		_, err = io.Copy(io.Discard, response.Body)
		return response.StatusCode, err
	}
	accounts := func(ctx context.Context, last int) error {
		return each(1, last, func(n int) error {
			_, err := get(ctx, fmt.Sprint("/accounts/", n))
			return err
		})
	}
	return program{prepare, map[string]func(context.Context) error{
		"nethttp_loop": func(ctx context.Context) error { return accounts(ctx, 9) },
		"nethttp_four": func(ctx context.Context) error { return accounts(ctx, 4) },
		"nethttp_ids": func(ctx context.Context) error {
			_, err := get(ctx, "/accounts?ids=1,2,3,4,5,6,7,8,9")
			return err
		},
		"nethttp_same": func(ctx context.Context) error {
			return each(1, 6, func(int) error { _, err := get(ctx, "/limits"); return err })
		},
		"nethttp_retries": func(ctx context.Context) error {
			for {
				if status, err := get(ctx, "/busy"); err != nil || status == http.StatusOK {
					return err
				}
			}
		},
		"nethttp_pages": func(ctx context.Context) error {
			return each(1, 6, func(n int) error {
				_, err := get(ctx, fmt.Sprintf("/accounts?page=%d&size=100", n))
				return err
			})
		},
	}}
}
