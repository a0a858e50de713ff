package cloudwatchlogs

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"tocsin/service"
	"tocsin/store/state"
)

// Sizes of pages. [API]
const (
	describePage = 50
	listPage     = 1000
)

// DescribeLogGroups lists the caller's log groups, by name. Selected by a part of
// their names they are told with fewer members. [recorded]
func (s *Service) DescribeLogGroups(ctx context.Context, in *cloudwatchlogs.DescribeLogGroupsInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeLogGroupsOutput, error) {
	limit, err := checkLimit(in.Limit, describePage, describePage)
	if err != nil {
		return nil, err
	}
	if in.LogGroupNamePrefix != nil && in.LogGroupNamePattern != nil {
		return nil, invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
	}
	wanted, err := groupsWanted(ctx, in)
	if err != nil {
		return nil, err
	}
	brief := in.LogGroupNamePattern != nil
	out := &cloudwatchlogs.DescribeLogGroupsOutput{LogGroups: []types.LogGroup{}}
	err = s.state.View(ctx, func(tx *state.Tx) error {
		out.LogGroups = out.LogGroups[:0]
		page, err := groupsPage(ctx, tx, in.NextToken, limit, &out.NextToken, wanted)
		if err != nil {
			return err
		}
		for _, g := range page {
			described, err := describeGroup(ctx, tx, g, brief)
			if err != nil {
				return err
			}
			out.LogGroups = append(out.LogGroups, described)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// groupsPage is a page of the log groups that are wanted.
func groupsPage(ctx context.Context, tx *state.Tx, token *string, limit int, next **string, wanted func(state.LogGroup) bool) ([]state.LogGroup, error) {
	all, err := tx.LogGroups(ctx)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(g state.LogGroup) bool { return !wanted(g) })
	slices.SortStableFunc(all, func(a, b state.LogGroup) int { return strings.Compare(a.Name, b.Name) })
	page, after, ok := pageOf(all, token, limit, false, func(g state.LogGroup) string { return g.Name + " " + g.Account })
	if !ok {
		return nil, badToken()
	}
	*next = after
	return page, nil
}

// groupsWanted tells which groups a request is about.
func groupsWanted(ctx context.Context, in *cloudwatchlogs.DescribeLogGroupsInput) (func(state.LogGroup) bool, error) {
	if err := checkEnum(in.LogGroupClass, "logGroupClass", types.LogGroupClass("").Values()); err != nil {
		return nil, err
	}
	accounts, err := accountsWanted(ctx, in.AccountIdentifiers, in.IncludeLinkedAccounts)
	if err != nil {
		return nil, err
	}
	if in.LogGroupNamePrefix != nil {
		if err := checkGroupName(in.LogGroupNamePrefix, "logGroupNamePrefix"); err != nil {
			return nil, err
		}
	}
	if in.LogGroupNamePattern != nil && len(*in.LogGroupNamePattern) > maxName {
		return nil, constraint(*in.LogGroupNamePattern, "logGroupNamePattern", "Member must have length less than or equal to 512")
	}
	if len(in.LogGroupIdentifiers) > 50 {
		return nil, invalid("1 validation error detected: Value at 'logGroupIdentifiers' failed to satisfy constraint: Member must have length less than or equal to 50")
	}
	if in.LogGroupIdentifiers != nil && (in.LogGroupNamePrefix != nil || in.LogGroupNamePattern != nil || in.LogGroupClass != "") {
		return nil, invalid("logGroupIdentifiers cannot be used with logGroupNamePrefix, logGroupNamePattern or logGroupClass.")
	}
	var identifiers []groupName
	for i, identifier := range in.LogGroupIdentifiers {
		g, err := identified(ctx, identifier, fmt.Sprintf("logGroupIdentifiers.%d.member", i+1))
		if err != nil {
			return nil, err
		}
		identifiers = append(identifiers, g)
	}
	scope := scopeOf(ctx)
	return func(g state.LogGroup) bool {
		return g.Region == scope.Region && g.Partition == scope.Partition && slices.Contains(accounts, g.Account) &&
			strings.HasPrefix(g.Name, aws.ToString(in.LogGroupNamePrefix)) &&
			strings.Contains(g.Name, aws.ToString(in.LogGroupNamePattern)) &&
			(in.LogGroupClass == "" || string(in.LogGroupClass) == g.Class) &&
			(in.LogGroupIdentifiers == nil || slices.Contains(identifiers, groupName{g.Scope, g.Name}))
	}, nil
}

// accountsWanted are the accounts of a request: the caller's. No account is a
// monitoring account, to which others would be linked.
func accountsWanted(ctx context.Context, accounts []string, linked *bool) ([]string, error) {
	own := service.CallerOf(ctx).Account
	if len(accounts) > 20 {
		return nil, invalid("1 validation error detected: Value at 'accountIdentifiers' failed to satisfy constraint: Member must have length less than or equal to 20")
	}
	if len(accounts) > 0 && !aws.ToBool(linked) {
		return nil, invalid("accountIdentifiers can only be used when includeLinkedAccounts is true.")
	}
	for _, a := range accounts {
		if a != own {
			return nil, invalid("The account %s is not linked to this account.", a)
		}
	}
	return []string{own}, nil
}

func describeGroup(ctx context.Context, tx *state.Tx, g state.LogGroup, brief bool) (types.LogGroup, error) {
	filters, err := tx.MetricFilters(ctx, g.ID)
	if err != nil {
		return types.LogGroup{}, err
	}
	out := types.LogGroup{
		LogGroupName: &g.Name, Arn: aws.String(g.ARN() + ":*"), LogGroupArn: aws.String(g.ARN()),
		CreationTime: aws.Int64(g.Created.UnixMilli()), MetricFilterCount: aws.Int32(int32(len(filters))),
		LogGroupClass: types.LogGroupClass(g.Class),
	}
	if g.RetentionDays > 0 {
		out.RetentionInDays = aws.Int32(int32(g.RetentionDays))
	}
	if g.KMSKey != "" {
		out.KmsKeyId = &g.KMSKey
	}
	if brief {
		return out, nil
	}
	usage, err := tx.Usage(ctx, g.ID)
	if err != nil {
		return types.LogGroup{}, err
	}
	out.StoredBytes, out.DeletionProtectionEnabled = &usage.RawBytes, &g.Protected
	out.BearerTokenAuthenticationEnabled = aws.Bool(false)
	return out, nil
}

// ListLogGroups lists the names of the caller's log groups.
func (s *Service) ListLogGroups(ctx context.Context, in *cloudwatchlogs.ListLogGroupsInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.ListLogGroupsOutput, error) {
	limit, err := checkLimit(in.Limit, describePage, listPage)
	if err != nil {
		return nil, err
	}
	if in.DataSources != nil || in.FieldIndexNames != nil {
		return nil, invalid("There are no data sources and field indexes that log groups could be selected by.")
	}
	if err := checkEnum(in.LogGroupClass, "logGroupClass", types.LogGroupClass("").Values()); err != nil {
		return nil, err
	}
	accounts, err := accountsWanted(ctx, in.AccountIdentifiers, in.IncludeLinkedAccounts)
	if err != nil {
		return nil, err
	}
	hasName, err := namePattern(in.LogGroupNamePattern)
	if err != nil {
		return nil, err
	}
	scope := scopeOf(ctx)
	out := &cloudwatchlogs.ListLogGroupsOutput{LogGroups: []types.LogGroupSummary{}}
	err = s.state.View(ctx, func(tx *state.Tx) error {
		out.LogGroups = out.LogGroups[:0]
		var failed error
		page, err := groupsPage(ctx, tx, in.NextToken, limit, &out.NextToken, func(g state.LogGroup) bool {
			if g.Region != scope.Region || g.Partition != scope.Partition || !slices.Contains(accounts, g.Account) || !hasName(g.Name) ||
				in.LogGroupClass != "" && string(in.LogGroupClass) != g.Class {
				return false
			}
			tagged, err := hasTags(ctx, tx, g.ARN(), in.LogGroupTags)
			if err != nil {
				failed = err
			}
			return tagged
		})
		if err != nil || failed != nil {
			return cmp.Or(err, failed)
		}
		for _, g := range page {
			out.LogGroups = append(out.LogGroups, types.LogGroupSummary{
				LogGroupName: aws.String(g.Name), LogGroupArn: aws.String(g.ARN()), LogGroupClass: types.LogGroupClass(g.Class),
			})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// hasTags tells whether a log group has all of some tags, each with one of the values.
func hasTags(ctx context.Context, tx *state.Tx, arn string, wanted []types.TagFilter) (bool, error) {
	if len(wanted) == 0 {
		return true, nil
	}
	tags, err := tx.Tags(ctx, arn)
	for _, w := range wanted {
		value, has := tags[aws.ToString(w.Key)]
		if !has || len(w.Values) > 0 && !slices.ContainsFunc(w.Values, func(pattern string) bool { return like(value, pattern) }) {
			return false, err
		}
	}
	return true, err
}

// like tells whether a text is that of a pattern, in which * stands for anything.
func like(text, pattern string) bool {
	first, rest, wild := strings.Cut(pattern, "*")
	text, ok := strings.CutPrefix(text, first)
	if !ok || !wild {
		return ok && text == ""
	}
	for i := range len(text) + 1 {
		if like(text[i:], rest) {
			return true
		}
	}
	return false
}

// namePattern is the pattern of ListLogGroups: parts of names, or with ^ their
// beginnings, and | between them.
func namePattern(text *string) (func(string) bool, error) {
	if text == nil {
		return func(string) bool { return true }, nil
	}
	const allowed = `(\^?[\.\-_\/#A-Za-z0-9]{3,24})(\|\^?[\.\-_\/#A-Za-z0-9]{3,24}){0,4}`
	parts := strings.Split(*text, "|")
	for _, p := range parts {
		p = strings.TrimPrefix(p, "^")
		if len(p) < 3 || len(p) > 24 || checkGroupName(&p, "") != nil || len(parts) > 5 {
			return nil, constraint(*text, "logGroupNamePattern", "Member must satisfy regular expression pattern: "+allowed)
		}
	}
	return func(name string) bool {
		return slices.ContainsFunc(parts, func(p string) bool {
			if prefix, ok := strings.CutPrefix(p, "^"); ok {
				return strings.HasPrefix(name, prefix)
			}
			return strings.Contains(name, p)
		})
	}, nil
}
