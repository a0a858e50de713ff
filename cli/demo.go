package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"tocsin/app"
)

type demoOptions struct {
	stay    bool
	console string
}

func newDemo(s Streams) *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:     "demo",
		GroupID: "serve",
		Short:   "Watch an account being attacked, and get the mails",
		Long: `Runs tocsin serve on an empty temporary directory, with the CIS alarms, a mailbox
of its own and a synthetic account in which somebody has found an access key. Three
hours of its log files are played in twenty seconds; each alarm that rings becomes
a mail, one of which is shown at the end. Nothing leaves this machine.`,
		Example: `  tocsin demo
  tocsin demo --stay`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDemo(cmd.Context(), o, s) },
	}
	cmd.Flags().BoolVar(&o.stay, "stay", false, "go on running after the story, with its status page, until Ctrl-C")
	cmd.Flags().StringVar(&o.console, "console", "127.0.0.1:0", "serve the status page at `ADDRESS`; port 0 is any that is free")
	return cmd
}

// demoAddress is who the demo tells.
const demoAddress = "security@example.com"

// A demo is what runs, and what became of it.
type demo struct {
	s     Streams
	sc    screen
	sink  *mailSink
	log   *os.File
	files atomic.Int64
	event atomic.Int64
	mails []sinkMail // of alarms
}

func runDemo(ctx context.Context, o demoOptions, s Streams) (err error) {
	dir, err := os.MkdirTemp("", "tocsin-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	d := &demo{s: s, sc: newScreen(s.Out, s.Getenv)}
	if d.log, err = os.Create(filepath.Join(dir, "log.txt")); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.log.Close()) }()

	sink, listener, err := newMailSink()
	if err != nil {
		return err
	}
	d.sink = sink
	served := make(chan error, 1)
	go func() { served <- sink.server.Serve(listener) }()
	defer func() { err = errors.Join(err, sink.server.Close(), onlyReal(<-served)) }()

	a, err := d.open(ctx, dir, o)
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- a.Run(running) }()
	defer func() {
		stop()
		err = errors.Join(err, <-ended)
	}()
	d.say("%s", d.sc.paint(bold, "An account with the CIS alarms on, and somebody who has found one of its keys."))
	d.say("")
	d.say("  watching  %s", filepath.Join(dir, "trail"))
	d.say("  telling   %s, by a mail server in this program", demoAddress)
	d.say("  status    %s", a.ConsoleURL())
	d.say("")
	if err := d.play(ctx, filepath.Join(dir, "trail")); err != nil {
		return err
	}
	d.end()
	if o.stay {
		d.say("Still running; %s shows all of it. Ctrl-C ends it.", a.ConsoleURL())
		return d.follow(ctx)
	}
	d.say("Next: %s", d.sc.paint(bold, "tocsin serve --help")+", or "+d.sc.paint(bold, "tocsin demo --stay")+" to look around.")
	return nil
}

// open makes the chain, on loopback and the temporary directory alone.
func (d *demo) open(ctx context.Context, dir string, o demoOptions) (*app.App, error) {
	trail := filepath.Join(dir, "trail")
	if err := os.Mkdir(trail, 0o700); err != nil {
		return nil, err
	}
	var flags []app.Setting
	for _, f := range [][2]string{
		{"data", filepath.Join(dir, "data")},
		{"source", "dir:" + trail},
		{"subscribe", "email:" + demoAddress},
		{"smtp", "smtp://" + d.sink.addr},
		{"from", "tocsin@example.com"},
		{"listen", "127.0.0.1:0"},
		{"console", o.console},
		{"account", "111122223333"},
		{"region", "eu-west-1"},
	} {
		for _, c := range configFlags {
			if c.name == f[0] {
				flags = append(flags, app.Setting{Flag: "--" + f[0], Key: c.key, Text: f[1]})
			}
		}
	}
	c, err := app.Load(app.Setup{Flags: flags, Getenv: func(string) string { return "" }})
	if err != nil {
		return nil, err
	}
	return app.New(ctx, c, app.Options{Log: slog.New(slog.NewTextHandler(d.log, nil)), Now: d.s.Now, Version: thisBuild().Version})
}

// demoPatience is how long the last mails may take after the last log file.
const demoPatience = 8 * time.Second

// play plays the story and shows each mail as it comes.
func (d *demo) play(ctx context.Context, trail string) error {
	if err := d.confirm(ctx); err != nil {
		return err
	}
	files, err := makeDemoStory(d.s.Now().Add(-demoSpan))
	if err != nil {
		return err
	}
	played := make(chan error, 1)
	playing, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		played <- playDemo(playing, trail, files, d.s.Now, func(events int) {
			d.files.Add(1)
			d.event.Add(int64(events))
		})
	}()
	var quiet <-chan time.Time
	last := time.NewTimer(time.Hour)
	defer last.Stop()
	for {
		select {
		case m := <-d.sink.mails:
			d.show(m)
			if quiet != nil {
				last.Reset(time.Second)
			}
		case err := <-played:
			if err != nil {
				return err
			}
			played, quiet = nil, time.After(demoPatience)
			last.Reset(2 * time.Second)
		case <-last.C:
			if len(d.mails) > 0 {
				return nil
			}
		case <-quiet:
			if len(d.mails) == 0 {
				return fmt.Errorf("no alarm rang within %s of the last log file", demoPatience)
			}
			return nil
		case <-ctx.Done():
			return <-played
		}
	}
}

// confirm follows the link of the mail that asks whether the address wants to be told.
func (d *demo) confirm(ctx context.Context) error {
	wait, stop := context.WithTimeout(ctx, 15*time.Second)
	defer stop()
	select {
	case <-wait.Done():
		return fmt.Errorf("the mail that asks to confirm did not come: %w", wait.Err())
	case m := <-d.sink.mails:
		link := confirmLink.FindString(m.text)
		at, err := url.Parse(link)
		if link == "" || err != nil {
			return fmt.Errorf("the first mail, %q, has no link that confirms", m.subject)
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, link, strings.NewReader(at.RawQuery))
		if err != nil {
			return err
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		if err := errors.Join(answer.Body.Close()); err != nil {
			return err
		}
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("the link that confirms answered with %s", answer.Status)
		}
		d.note(dim, "A mail asked whether %s wants to be told; its link was followed.", demoAddress)
		return nil
	}
}

// confirmLink finds the link that confirms in the text of a mail.
var confirmLink = regexp.MustCompile(`http://127\.0\.0\.1:\d+/confirmation\S*`)

// show tells of a mail that came in.
func (d *demo) show(m sinkMail) {
	d.mails = append(d.mails, m)
	st := green
	if strings.HasPrefix(m.subject, "ALARM") {
		st = loud
	}
	d.note(st, "%s", m.subject)
}

// note is a line with its time and how much was played until then.
func (d *demo) note(st style, format string, args ...any) {
	when := d.s.Now().Format(time.TimeOnly)
	d.say("  %s  %s  %s", d.sc.paint(dim, when), d.sc.paint(dim, fmt.Sprintf("%5s events", thousands(d.event.Load()))), d.sc.paint(st, clean(fmt.Sprintf(format, args...))))
}

func (d *demo) say(format string, args ...any) {
	fmt.Fprintf(d.sc.forPeople(d.s.Out), format+"\n", args...)
}

// end shows the mail that tells most.
func (d *demo) end() {
	m := d.best()
	width := min(d.sc.width, 78)
	rule := strings.Repeat("─", width)
	d.say("\n%s events in %s: %s. One of them:\n", thousands(d.event.Load()), count(d.files.Load(), "log file"), count(int64(len(d.mails)), "mail"))
	d.say("%s", d.sc.paint(dim, rule))
	d.say("%s %s\n%s %s\n", d.sc.paint(dim, "To:     "), clean(m.to), d.sc.paint(dim, "Subject:"), d.sc.paint(bold, clean(m.subject)))
	body, _, _ := strings.Cut(m.text, "\n-- \n")
	body, _, _ = strings.Cut(body, "\n--\n")
	for line := range strings.SplitSeq(strings.TrimRight(body, "\n"), "\n") {
		d.say("%s", clean(line))
	}
	d.say("%s\n", d.sc.paint(dim, rule))
}

// best is the first mail of the most serious alarm.
func (d *demo) best() sinkMail {
	for _, severity := range []string{"(critical)", "(high)", "(medium)"} {
		for _, m := range d.mails {
			if head, _, _ := strings.Cut(m.text, "\n"); strings.HasPrefix(head, "ALARM") && strings.Contains(head, severity) {
				return m
			}
		}
	}
	return d.mails[0]
}

// follow shows what else comes until the end.
func (d *demo) follow(ctx context.Context) error {
	for {
		select {
		case m := <-d.sink.mails:
			d.show(m)
		case <-ctx.Done():
			return nil
		}
	}
}

// onlyReal leaves out what a server says when it was closed.
func onlyReal(err error) error {
	if err == nil || errors.Is(err, io.EOF) || strings.Contains(err.Error(), "closed") {
		return nil
	}
	return err
}
