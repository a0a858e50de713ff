package audit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tocsin/core/quote"
)

func (j *judge) mendTrail(f *Finding, l Link) *Mend {
	t := j.trailOf(f)
	if t == nil {
		return &Mend{Text: "make a multi-Region trail that delivers to a log group", CLI: []string{
			command("cloudtrail", "create-trail", "--region", j.account.Region, "--name", "organization-log", "--s3-bucket-name", "BUCKET", "--is-multi-region-trail", "--enable-log-file-validation"),
			command("cloudtrail", "start-logging", "--region", j.account.Region, "--name", "organization-log"),
		}, Terraform: block("aws_cloudtrail", "main", "name", quote.HCL("organization-log"), "s3_bucket_name", quote.HCL("BUCKET"),
			"is_multi_region_trail", "true", "enable_log_file_validation", "true")}
	}
	update := func(words ...string) []string {
		return []string{command(append([]string{"cloudtrail", "update-trail", "--region", t.HomeRegion, "--name", t.ARN}, words...)...)}
	}
	in := "# in the resource of trail " + quote.HCL(t.Name) + ":\n"
	switch l.problem {
	case trailStopped:
		return &Mend{Text: "start the trail", CLI: []string{command("cloudtrail", "start-logging", "--region", t.HomeRegion, "--name", t.ARN)}, Terraform: in + "enable_logging = true\n"}
	case trailSingleRegion:
		words, text := []string{"--is-multi-region-trail"}, in+"is_multi_region_trail = true\n"
		if t.GlobalEvents != nil && !*t.GlobalEvents {
			words, text = append(words, "--include-global-service-events"), text+"include_global_service_events = true\n"
		}
		return &Mend{Text: "make the trail log all Regions", CLI: update(words...), Terraform: text}
	case trailWithoutGroup, trailDelivery, noClass:
		group := t.LogGroup
		if l.problem == noClass {
			group += "-standard" // the class of a log group is for ever
		}
		if group == "" {
			group = fmt.Sprintf("arn:%s:logs:%s:%s:log-group:cloudtrail", j.account.Partition, t.HomeRegion, t.Account())
		}
		role := cmp.Or(t.Role, fmt.Sprintf("arn:%s:iam::%s:role/cloudtrail-to-logs", j.account.Partition, t.Account()))
		var first []string
		if l.problem != trailWithoutGroup && (l.problem == noClass || j.account.group(t.LogGroup) != nil && j.account.group(t.LogGroup).Gone) {
			_, name, _ := strings.Cut(group, ":log-group:")
			first = []string{command("logs", "create-log-group", "--region", arnPart(group, 3), "--log-group-name", name)}
		}
		return &Mend{
			Text:      "let the trail deliver to a log group, with a role that may do logs:CreateLogStream and logs:PutLogEvents there",
			CLI:       append(first, update("--cloud-watch-logs-log-group-arn", group+":*", "--cloud-watch-logs-role-arn", role)...),
			Terraform: in + "cloud_watch_logs_group_arn = " + quote.HCL(group+":*") + "\ncloud_watch_logs_role_arn  = " + quote.HCL(role) + "\n",
		}
	case trailValidation:
		return &Mend{Text: "let the trail make digest files", CLI: update("--enable-log-file-validation"), Terraform: in + "enable_log_file_validation = true\n"}
	case trailKey:
		return &Mend{Text: "encrypt the trail's log files with a key whose policy lets CloudTrail use it", CLI: update("--kms-key-id", "KEY"), Terraform: in + "kms_key_id = \"KEY\"\n"}
	case selectorsNarrow, dataEvents:
		return mendSelectors(t, l.problem == dataEvents, in)
	}
	return nil
}

// mendSelectors selects what is missing. PutEventSelectors replaces all selectors,
// so those that are there and not to blame are said again.
func mendSelectors(t *Trail, data bool, in string) *Mend {
	all := []AdvancedSelector{{Fields: []FieldSelector{{Field: "eventCategory", Equals: []string{"Management"}}}}}
	if data {
		all = append(all, AdvancedSelector{Fields: []FieldSelector{{Field: "eventCategory", Equals: []string{"Data"}}, {Field: "resources.type", Equals: []string{"AWS::S3::Object"}}}})
	}
	if t.Selectors != nil {
		all = append(all, t.Selectors.besides(data)...)
	}
	var list []any
	var text strings.Builder
	text.WriteString(in)
	for _, a := range all {
		var fields []any
		text.WriteString("advanced_event_selector {\n")
		for _, f := range a.Fields {
			field := map[string]any{"Field": f.Field}
			fmt.Fprintf(&text, "  field_selector {\n    field = %s\n", quote.HCL(f.Field))
			for _, o := range []struct {
				member, argument string
				values           []string
			}{
				{"Equals", "equals", f.Equals},
				{"StartsWith", "starts_with", f.StartsWith},
				{"EndsWith", "ends_with", f.EndsWith},
				{"NotEquals", "not_equals", f.NotEquals},
				{"NotStartsWith", "not_starts_with", f.NotStartsWith},
				{"NotEndsWith", "not_ends_with", f.NotEndWith},
			} {
				if len(o.values) > 0 {
					field[o.member] = o.values
					_, pairs := withActions(nil, nil, "", o.argument, o.values)
					fmt.Fprintf(&text, "    %s = %s\n", pairs[0], pairs[1])
				}
			}
			text.WriteString("  }\n")
			fields = append(fields, field)
		}
		text.WriteString("}\n")
		list = append(list, map[string]any{"FieldSelectors": fields})
	}
	return &Mend{Text: "select all of these events", Terraform: text.String(), CLI: []string{command("cloudtrail", "put-event-selectors", "--region", t.HomeRegion,
		"--trail-name", t.ARN, "--advanced-event-selectors", jsonText(list))}}
}

// besides are the selectors for other than management events as advanced ones;
// without those of all S3 objects when these are selected anew.
func (s *Selectors) besides(s3 bool) []AdvancedSelector {
	var out []AdvancedSelector
	for _, a := range s.Advanced {
		management := slices.ContainsFunc(a.Fields, func(f FieldSelector) bool {
			return f.Field == "eventCategory" && slices.Contains(f.Equals, "Management")
		})
		objects := slices.ContainsFunc(a.Fields, func(f FieldSelector) bool {
			return f.Field == "resources.type" && slices.Contains(f.Equals, "AWS::S3::Object")
		})
		if !management && !(s3 && objects) {
			out = append(out, a)
		}
	}
	for _, b := range s.Basic {
		for i, kind := range b.DataType {
			if s3 && kind == "AWS::S3::Object" {
				continue
			}
			a := AdvancedSelector{Fields: []FieldSelector{{Field: "eventCategory", Equals: []string{"Data"}}, {Field: "resources.type", Equals: []string{kind}}}}
			switch b.ReadWriteType {
			case "ReadOnly":
				a.Fields = append(a.Fields, FieldSelector{Field: "readOnly", Equals: []string{"true"}})
			case "WriteOnly":
				a.Fields = append(a.Fields, FieldSelector{Field: "readOnly", Equals: []string{"false"}})
			}
			if strings.Count(b.DataARN[i], ":") > 2 && !strings.HasSuffix(b.DataARN[i], ":::") { // arn:aws:s3 is all there is
				a.Fields = append(a.Fields, FieldSelector{Field: "resources.ARN", StartsWith: []string{b.DataARN[i]}})
			}
			out = append(out, a)
		}
	}
	return out
}

// trailOf is the trail on the finding's path.
func (j *judge) trailOf(f *Finding) *Trail {
	for _, l := range f.Path {
		if l.Kind != TrailLink {
			continue
		}
		for i := range j.account.Trails {
			if t := &j.account.Trails[i]; t.ARN == l.of {
				return t
			}
		}
	}
	return nil
}
