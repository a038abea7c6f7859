// The files for containers, checked without an engine: compose.yaml as Docker Compose reads it, the Dockerfile by
// BuildKit's own linter, Prometheus's rules by its own parser. Says what is wrong and ends with 1.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/opencontainers/go-digest"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: checks COMPOSE DOCKERFILE RULES")
		os.Exit(2)
	}
	failed := false
	for i, check := range []func(string) []error{compose, dockerfile, rules} {
		for _, err := range check(os.Args[i+1]) {
			failed = true
			fmt.Printf("%s: %v\n", os.Args[i+1], err)
		}
	}
	if failed {
		os.Exit(1)
	}
}

func compose(file string) []error {
	options, err := cli.NewProjectOptions([]string{file}, cli.WithInterpolation(true), cli.WithNormalization(true))
	if err != nil {
		return []error{err}
	}
	if _, err := options.LoadProject(context.Background()); err != nil {
		return []error{err}
	}
	return nil
}

// nowhere answers for every base image with an empty one: what is in it is not known here.
type nowhere struct{}

func (nowhere) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	config := []byte(`{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/usr/local/bin:/usr/bin:/bin"]}}`)
	return ref, digest.FromBytes(config), config, nil
}

func dockerfile(file string) []error {
	text, err := os.ReadFile(file)
	if err != nil {
		return []error{err}
	}
	source := llb.NewSourceMap(nil, file, "Dockerfile", text)
	source.Definition = &llb.Definition{}
	found, err := dockerfile2llb.DockerfileLint(context.Background(), text, dockerfile2llb.ConvertOpt{
		Config:       dockerui.Config{BuildArgs: map[string]string{"SERVICE": "intake"}},
		MetaResolver: nowhere{},
		SourceMap:    source,
	})
	if err != nil {
		return []error{err}
	}
	var errs []error
	if found.Error != nil {
		errs = append(errs, fmt.Errorf("%s", found.Error.Message))
	}
	for _, warning := range found.Warnings {
		line := int32(0)
		if len(warning.Location.Ranges) > 0 {
			line = warning.Location.Ranges[0].Start.Line
		}
		errs = append(errs, fmt.Errorf("line %d: %s: %s", line, warning.RuleName, warning.Detail))
	}
	return errs
}

func rules(file string) []error {
	_, errs := rulefmt.ParseFile(file, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.Default())
	return errs
}
