package export

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"tocsin/core/control"
	"tocsin/core/quote"
)

// hostilePlan has each of the texts in each place that a text of a pack or an
// account can get to.
func hostilePlan(texts []string) *Plan {
	p := &Plan{Title: "hostile", Notes: texts, Prefix: "x", Account: account, Region: region}
	for i, text := range texts {
		key := "k" + strings.Repeat("i", i+1)
		p.Filters = append(p.Filters, Filter{
			Key: key, Name: "f" + text, LogGroup: text, Pattern: text, Namespace: text, Metric: text, Value: "1", Notes: []string{text}, Exists: true,
		})
		p.Alarms = append(p.Alarms, Alarm{
			Key: key, Name: "a" + text, Description: text, Settings: control.Settings{
				Namespace: text, Metric: text, Statistic: "Sum", Period: 60, EvaluationPeriods: 1, Threshold: 1, Comparison: "GreaterThanThreshold", TreatMissingData: "missing",
			},
			Actions: []string{"arn:" + text, "arn:2"}, Notes: []string{text}, Exists: true,
		})
		p.Subscribers = append(p.Subscribers, Subscriber{Key: key, Topic: "arn:" + text, Protocol: "https", Endpoint: "https://" + text})
		p.Steps = append(p.Steps, Step{Text: text, Control: text, Terraform: text, operation: "sns step", options: []option{{name: "value", value: text}}})
	}
	return p
}

// A script of any texts calls the AWS CLI with just these, and does nothing else.
func TestScriptsSayWhatIsMeant(t *testing.T) {
	if err := exec.Command("bash", "--version").Run(); err != nil {
		t.Skip("bash is not installed")
	}
	var all []string
	for _, text := range texts(150) {
		if text = strings.ReplaceAll(text, "\x00", ""); text != "" {
			all = append(all, text)
		}
	}
	script := Script(hostilePlan(all))
	// Instead of the AWS CLI: each call as its words, each ended by a zero byte.
	const stand = "aws() {\n  [[ $2 == get-caller-identity ]] && echo " + account + " && return\n  [[ $2 == list-subscriptions-by-topic ]] && return\n" +
		"  printf '%s\\0' call \"$@\" >&3\n}\n"
	cmd := exec.Command("bash")
	cmd.Stdin = strings.NewReader("exec 3>&1\n" + stand + script)
	var told bytes.Buffer
	cmd.Stderr = &told
	out, err := cmd.Output()
	if err != nil || told.Len() > 0 {
		t.Fatalf("%v\n%s", err, &told)
	}
	calls := strings.Split("\x00"+string(out), "\x00call\x00")[1:]
	if want := 4 * len(all); len(calls) != want {
		t.Fatalf("%d calls, want %d", len(calls), want)
	}
	for i, text := range all {
		step, subscribed := strings.Split(calls[i], "\x00"), strings.Split(calls[len(all)+i], "\x00")
		filter, alarm := strings.Split(calls[2*len(all)+i], "\x00"), strings.Split(calls[3*len(all)+i], "\x00")
		has := func(words []string, name, value string) {
			t.Helper()
			if !slices.Contains(words, "--"+name+"="+value) && !isAddress(value) {
				t.Errorf("%q is not the %s of %q", value, name, words)
			}
		}
		has(step, "value", text)
		has(subscribed, "topic-arn", "arn:"+text)
		has(subscribed, "notification-endpoint", "https://"+text)
		has(filter, "filter-name", "f"+text)
		has(filter, "filter-pattern", text)
		has(filter, "log-group-name", text)
		has(alarm, "alarm-name", "a"+text)
		has(alarm, "alarm-description", text)
		has(alarm, "namespace", text)
		if at := slices.Index(alarm, "--alarm-actions"); at < 0 || alarm[at+1] != "arn:"+text || alarm[at+2] != "arn:2" {
			t.Errorf("%q are not the actions of %q", text, alarm)
		}
		if isAddress(text) && !slices.ContainsFunc(filter, func(w string) bool { return strings.HasPrefix(w, "--cli-input-json=") }) {
			t.Errorf("the AWS CLI would read %q in %q", text, filter)
		}
	}
}

// So does a template.
func TestTemplatesSayWhatIsMeant(t *testing.T) {
	all := slices.DeleteFunc(texts(300), func(text string) bool { return text == "" })
	var got struct {
		Resources map[string]struct {
			Properties map[string]any `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal([]byte(CloudFormation(hostilePlan(all))), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Resources) != 3*len(all) {
		t.Fatalf("%d resources, want %d", len(got.Resources), 3*len(all))
	}
	for i, text := range all {
		id := "K" + strings.Repeat("i", i+1)
		f, a, s := got.Resources[id+"Filter"].Properties, got.Resources[id+"Alarm"].Properties, got.Resources["NoticesTo"+id].Properties
		for _, pair := range [][2]any{
			{f["FilterName"], "f" + text},
			{f["FilterPattern"], text},
			{f["LogGroupName"], text},
			{a["AlarmName"], "a" + text},
			{a["AlarmDescription"], text},
			{a["Namespace"], text},
			{s["TopicArn"], "arn:" + text},
			{s["Endpoint"], "https://" + text},
		} {
			if pair[0] != pair[1] {
				t.Errorf("%#v, want %q", pair[0], pair[1])
			}
		}
		if list, ok := a["AlarmActions"].([]any); !ok || len(list) != 2 || list[0] != "arn:"+text {
			t.Errorf("actions %q, want %q", a["AlarmActions"], text)
		}
	}
}

// Terraform reads a configuration of any texts; what it takes them for is in
// TestHCLIsReadBackByTerraform.
func TestConfigurationsOfAnyTextsAreFormatted(t *testing.T) {
	if err := exec.Command("terraform", "-version").Run(); err != nil {
		t.Skip("Terraform is not installed")
	}
	text := Terraform(hostilePlan(texts(300)))
	cmd := exec.Command("terraform", "fmt", "-")
	cmd.Stdin = strings.NewReader(text)
	var told bytes.Buffer
	cmd.Stderr = &told
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &told)
	}
	if string(out) != text {
		t.Error("terraform fmt writes it otherwise")
	}
}

func FuzzQuoting(f *testing.F) {
	for _, text := range hostile {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 200 {
			t.Skip("readers of YAML take their time over long texts")
		}
		var got struct{ V any }
		if err := yaml.Unmarshal([]byte("v: "+yamlText(text)+"\n"), &got); err != nil || got.V != any(quote.Sound(text)) {
			t.Errorf("YAML: %q as %s is %#v (%v)", text, yamlText(text), got.V, err)
		}
		if w, err := splitWords("aws " + sh(text)); plain(text) == text && !strings.Contains(text, `\`) && (err != nil || len(w) != 2 || w[1] != text) {
			t.Errorf("bash: %q as %s is %q (%v)", text, sh(text), w, err)
		}
		if q := quote.HCL(text); strings.ContainsAny(q[1:len(q)-1], "\n\r") {
			t.Errorf("HCL: %q as %s", text, q)
		}
	})
}
