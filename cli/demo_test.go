package cli

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What a shell would read of a command is what the demo runs.
func TestSplitShell(t *testing.T) {
	args := []string{"--data", "/a b/it's", "{ $.a = \"x\" }", "", `back\slash`}
	quoted := make([]string, len(args))
	for i, a := range args {
		quoted[i] = shellQuote(a)
	}
	for _, text := range []string{strings.Join(quoted, " "), strings.Join(quoted, " \\\n    ") + "\n"} {
		got, err := splitShell(text)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(args, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
	if got, err := splitShell("a 'b"); err == nil {
		t.Errorf("an open quote gave %q", got)
	}
}

func TestReadAlarmMail(t *testing.T) {
	for _, test := range []struct {
		mail sinkMail
		want alarmRow
	}{
		{
			sinkMail{subject: "s", text: "ALARM (critical): Trail changes\n====\n\n1,200 matching events on 1 May.\n\n" +
				"Who         arn:aws:iam::111122223333:user/path/mallory (3)\nWhere from  192.0.2.66\n            192.0.2.67\n"},
			alarmRow{"critical", "Trail changes", "mallory", "192.0.2.66", "1,200"},
		},
		{sinkMail{text: "OK: Use of root\n\nThe alarm is over.\n\nWho         arn:aws:iam::111122223333:root\n"}, alarmRow{title: "Use of root", who: "root"}},
		{sinkMail{subject: "hello", text: "anything"}, alarmRow{title: "hello"}},
	} {
		if got := readAlarmMail(test.mail); got != test.want {
			t.Errorf("%q:\n got %q\nwant %q", test.mail.text, got, test.want)
		}
	}
}

// The story is played in its order, its calm parts in short.
func TestPlayedAt(t *testing.T) {
	var all []time.Duration
	for point := -time.Minute; point <= demoSpan+time.Minute; point += 30 * time.Second {
		all = append(all, playedAt(point))
	}
	if !slices.IsSorted(all) || all[0] != 0 || all[len(all)-1] != demoLength {
		t.Errorf("the story is played at %v", all)
	}
	thief, calm := playedAt(60*time.Minute)-playedAt(50*time.Minute), playedAt(160*time.Minute)-playedAt(150*time.Minute)
	if thief < 2*calm {
		t.Errorf("ten minutes of the thief take %s, of the calm %s", thief, calm)
	}
}

func TestHang(t *testing.T) {
	got := hang("    tocsin search --data x", 20)
	if diff := cmp.Diff([]string{"    tocsin search", "      --data x"}, got); diff != "" {
		t.Error(diff)
	}
	if got := hang(`tocsin search --data x \`, 10); len(got) != 1 {
		t.Errorf("a line to copy became %q", got)
	}
}
