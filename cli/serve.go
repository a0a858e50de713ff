package cli

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"tocsin/app"
	"tocsin/source"
)

func newServe(s Streams) *cobra.Command {
	var v flagValues
	cmd := &cobra.Command{
		Use:     "serve [flags]",
		GroupID: "serve",
		Short:   "Run the chain: from log files to whoever has to know",
		Long: `Takes CloudTrail log files in as they appear, keeps their events, rings the alarms
of the pack, and tells subscribers who did what, within a second. No crash, outage
or repeated file loses an event, counts it twice or swallows a notice.

Without flags and without a file everything has a default but where log files
come from and who is told. Ctrl-C or SIGTERM ends it within ten seconds, SIGHUP
reads the configuration again. docs/serve.md tells how to run it for good.`,
		Example: `  tocsin serve --source dir:/var/log/cloudtrail --subscribe https://example.com/hook
  tocsin serve --source sqs:https://sqs.eu-central-1.amazonaws.com/111122223333/trail \
      --subscribe email:security@example.com --smtp smtp://mail:25 --from 'tocsin <tocsin@example.com>'
  tocsin serve --config /etc/tocsin/tocsin.yaml`,
		Args: noArgs,
		Annotations: map[string]string{exitCodes: `0  ended by a signal, everything in order
1  failed, or could not end within ten seconds
2  wrong usage or configuration`},
		RunE: func(cmd *cobra.Command, _ []string) error { return runServe(cmd.Context(), &v, s) },
	}
	v.addFlags(cmd.Flags())
	completeControls(cmd)
	completeFolders(cmd, "data")
	completeWords(cmd, "log-format", "text", "json", "auto")
	completeWords(cmd, "clock", "system", "manual")
	completeWords(cmd, "log-level", "debug", "info", "warn", "error")
	for flag, forms := range map[string][]string{
		"source":    {"dir:", "s3://", "sqs:https://"},
		"subscribe": {"email:", "https://", "slack:https://hooks.slack.com/services/", "sqs:arn:aws:sqs:", "lambda:arn:aws:lambda:"},
		"smtp":      {"smtp://", "smtps://"},
		"database":  {"sqlite:", "postgres://", "file:", "env:"},
	} {
		complete(cmd, flag, cobra.FixedCompletions(forms, cobra.ShellCompDirectiveNoSpace|cobra.ShellCompDirectiveNoFileComp))
	}
	completeNothing(cmd, "account", "region", "listen", "console", "public-url", "from")
	return cmd
}

func runServe(ctx context.Context, v *flagValues, s Streams) error {
	c, err := app.Load(v.setup(s))
	if err != nil {
		return err
	}
	key, err := app.RootKeyOf(s.Getenv)
	if err != nil {
		return err
	}
	if s.Getenv("GOGC") == "" {
		// Half the usual garbage is worth more to who runs a daemon beside others
		// than the collector's work, which did not show in the processor time
		// (bench/README.md).
		debug.SetGCPercent(50)
	}
	level := new(slog.LevelVar)
	level.Set(slog.Level(c.Log.Level))
	log := newLog(c.Log.Format, level, s)
	a, err := app.New(ctx, c, app.Options{
		Log: log, Level: level, Now: s.Now, RootKey: key, Version: thisBuild().Version, Source: source.FeedOptions{Stdin: s.In},
		Ready: func() { tellSystem(log, s, "READY=1") },
	})
	if err != nil {
		return err
	}
	if err := showStart(s, a); err != nil {
		return errors.Join(err, a.Close())
	}
	ended := make(chan struct{})
	reloads := make(chan os.Signal, 1)
	signal.Notify(reloads, syscall.SIGHUP)
	defer signal.Stop(reloads)
	go func() {
		defer close(ended)
		reload(ctx, reloads, v, a, log, s)
	}()
	stopping := context.AfterFunc(ctx, func() { tellSystem(log, s, "STOPPING=1") })
	defer stopping()
	err = a.Run(ctx)
	if ctx.Err() != nil {
		<-ended
	}
	return err
}

// reload reads the configuration again at each signal, until ctx ends. A bad one
// is told and changes nothing.
func reload(ctx context.Context, signals <-chan os.Signal, v *flagValues, a *app.App, log *slog.Logger, s Streams) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-signals:
		}
		tellSystem(log, s, "RELOADING=1")
		c, err := app.Load(v.setup(s))
		if err == nil {
			err = a.Reload(ctx, c)
		}
		if err != nil {
			log.Error("the configuration was read again and is not used: what counted before goes on to count", "error", err)
		}
		tellSystem(log, s, "READY=1")
	}
}

// tellSystem tells the service manager, where there is one that wants to know.
func tellSystem(log *slog.Logger, s Streams, what string) {
	if err := app.Notify(s.Getenv, what); err != nil {
		log.Warn("the service manager cannot be told", "error", err)
	}
}

// newLog is the daemon's log: short lines of text for people, JSON for programs.
func newLog(format app.LogFormat, level slog.Leveler, s Streams) *slog.Logger {
	o := &slog.HandlerOptions{Level: level}
	if format == app.FormatJSON || format == app.FormatAuto && !newScreen(s.Err, s.Getenv).terminal {
		return slog.New(slog.NewJSONHandler(s.Err, o))
	}
	o.ReplaceAttr = func(groups []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey && len(groups) == 0 {
			a.Value = slog.StringValue(a.Value.Time().UTC().Format(time.TimeOnly))
		}
		return a
	}
	return slog.New(slog.NewTextHandler(s.Err, o))
}
