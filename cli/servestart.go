package cli

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"tocsin/app"
	"tocsin/notify"
	"tocsin/store/state"
)

// showStart prints what runs and what to do next: at the first start all of it,
// later in short.
func showStart(s Streams, a *app.App) error {
	out := bufio.NewWriter(s.Out)
	sc := newScreen(s.Out, s.Getenv)
	writeStart(sc.forPeople(out), sc, a)
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write what was started: %w", err)
	}
	return nil
}

func writeStart(w io.Writer, sc screen, a *app.App) {
	c, first := a.Config(), a.First()
	line := func(name, text string) {
		for i, l := range sc.wrap(clean(text), 12) {
			if i > 0 {
				name = ""
			}
			fmt.Fprintf(w, "  %s%s\n", sc.paint(dim, pad(name, 10)), l)
		}
	}
	title := "tocsin is on watch."
	if first.Start {
		title = "tocsin is on watch, for the first time here."
	}
	fmt.Fprintf(w, "%s\n\n", sc.paint(bold, title))
	line("state", c.ShownDatabase())
	line("events", fmt.Sprintf("%s, in log group %s of %s in %s", c.SegmentsAt(), c.LogGroups[0].Name, c.Account, c.Region))
	if len(c.Sources) == 0 {
		line("sources", noSources(a))
	}
	for i, from := range c.Sources {
		line(onlyFirst(i, "sources"), from.From+notYet(from.From))
	}
	writeAlarms(line, c, first)
	writeTold(line, first, a.ListenURL() != "")
	if url := a.ConsoleURL(); url != "" {
		line("status", url+" (metrics at /metrics)")
	}
	if a.ListenURL() != "" {
		line("links", links(a, c))
		line("endpoint", a.ListenURL()+" (CloudTrail, CloudWatch, CloudWatch Logs, SNS, IAM, STS and S3, as AWS answers)")
		line("root key", first.RootKey.ID)
	}
	if first.Made {
		fmt.Fprintf(w, "\nThe root key, shown this once. It signs what only you may do, such as %s:\n",
			"tocsin subscriptions confirm")
		fmt.Fprintf(w, "  export AWS_ACCESS_KEY_ID=%s\n  export AWS_SECRET_ACCESS_KEY=%s\n", first.RootKey.ID, first.RootKey.Secret)
	}
	if url := a.ListenURL(); first.Start && url != "" {
		fmt.Fprintf(w, "\nWith that key, the AWS CLI, SDKs and Terraform work against it:\n")
		fmt.Fprintf(w, "  export AWS_ENDPOINT_URL=%[1]s AWS_REGION=%[2]s AWS_DEFAULT_REGION=%[2]s\n", url, c.Region)
	}
	if try := howToTry(c); first.Start && try != "" {
		fmt.Fprintf(w, "\nTo hear it ring:\n  %s\n", try)
	}
	fmt.Fprintln(w)
}

// noSources says what comes in without a source.
func noSources(a *app.App) string {
	if a.ListenURL() == "" {
		return "none: nothing comes in until there is one (--source dir:PATH)"
	}
	return "none: only what is called at the endpoint comes in (--source dir:PATH)"
}

// notYet tells of a folder that is not there: perhaps its name is wrong.
func notYet(from string) string {
	folder, ok := strings.CutPrefix(from, "dir:")
	if _, err := os.Stat(folder); !ok || !errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return " (there is no such folder: it is waited for)"
}

// onlyFirst is a name for the first of several lines.
func onlyFirst(i int, name string) string {
	if i > 0 {
		return ""
	}
	return name
}

func writeAlarms(line func(name, text string), c app.Config, first app.First) {
	switch made := len(first.Alarms); {
	case made > 0 && first.Start:
		line("alarms", fmt.Sprintf("%s of pack %s, on topic %s", count(int64(made), "alarm"), c.Pack, c.Topics[0].Name))
	case made > 0:
		line("alarms", fmt.Sprintf("%s more, of pack %s: %s", count(int64(made), "alarm"), c.Pack, strings.Join(first.Alarms, ", ")))
	case first.Start:
		line("alarms", fmt.Sprintf("none: pack %s makes none", c.Pack))
	default:
		line("alarms", fmt.Sprintf("as they were; pack %s has nothing new", c.Pack))
	}
	if len(first.LeftOut) > 0 {
		line("", "not made, since their patterns need values of yours: "+strings.Join(first.LeftOut, ", "))
	}
}

func writeTold(line func(name, text string), first app.First, listening bool) {
	if len(first.Subscribers) == 0 {
		told := "nobody: alarms ring and are not heard (--subscribe email:ADDRESS)"
		if listening {
			told = "nobody but who subscribes at the endpoint (--subscribe email:ADDRESS)"
		}
		line("told", told)
	}
	// The database has them in no order that people would know.
	subscribers := slices.SortedFunc(slices.Values(first.Subscribers), func(a, b state.Subscription) int {
		return cmp.Or(cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Endpoint, b.Endpoint))
	})
	for i, s := range subscribers {
		line(onlyFirst(i, "told"), toldText(s))
	}
	for _, d := range first.Declined {
		line("", fmt.Sprintf("%s %s has unsubscribed, and is not told", d.Protocol, notify.Redact(d.Protocol, d.Endpoint)))
	}
}

// toldText is a subscriber, and whether he has to confirm.
func toldText(s state.Subscription) string {
	text := fmt.Sprintf("%s %s", s.Protocol, notify.Redact(s.Protocol, s.Endpoint))
	if !s.Confirmed {
		text += ", once it has confirmed: it is being asked to"
	}
	return text
}

// links says where links in messages lead, and who can follow them.
func links(a *app.App, c app.Config) string {
	site := string(a.Site())
	for _, here := range []string{"http://127.", "http://localhost", "http://[::1]"} {
		if c.PublicURL == "" && strings.HasPrefix(site, here) {
			return site + " (for this machine only: with --listen and --public-url others can follow links in messages)"
		}
	}
	return site
}

// howToTry is a command that makes alarms ring, where a folder is watched.
func howToTry(c app.Config) string {
	for _, from := range c.Sources {
		if folder, ok := strings.CutPrefix(from.From, "dir:"); ok {
			return "tocsin synth --story takeover --start 3h --out " + shellQuote(folder+"/try")
		}
	}
	return ""
}
