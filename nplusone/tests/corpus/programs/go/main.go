// Programs in Go whose traces are recorded: `corpus NAME`, and a case's name on each line of the
// standard input; "done" answers when its spans are sent.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// A program prepares its data, and then has cases by name.
type program struct {
	prepare func(context.Context) error
	cases   map[string]func(context.Context) error
}

var programs = map[string]func() program{
	"gorm":    gormProgram,
	"pgx":     pgxProgram,
	"otelsql": otelsqlProgram,
	"goredis": goredisProgram,
	"nethttp": nethttpProgram,
}

func main() {
	ctx := context.Background()
	exporter, err := otlptracehttp.New(ctx)
	check(err)
	provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter))
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.TraceContext{})
	chosen := programs[os.Args[1]]()
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if name := lines.Text(); name == "ready" {
			check(chosen.prepare(ctx))
		} else {
			check(request(ctx, name, chosen.cases[name]))
		}
		check(provider.ForceFlush(ctx))
		fmt.Println("done")
	}
}

// request does a case in a SERVER span, as a framework's instrumentation makes it.
func request(ctx context.Context, name string, work func(context.Context) error) error {
	ctx, span := otel.Tracer("nplusone.corpus").Start(ctx, "GET /"+name,
		trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(
			attribute.String("http.request.method", "GET"), attribute.String("http.route", "/"+name)))
	defer span.End()
	return work(ctx)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// each does work for the numbers from first to last, and stops at an error.
func each(first, last int, work func(int) error) error {
	for n := first; n <= last; n++ {
		if err := work(n); err != nil {
			return err
		}
	}
	return nil
}
