package export

import (
	"fmt"
	"strconv"
	"strings"
)

// CloudFormation writes the plan as a template. What the account has already is no
// stack's and stays as it is: see Mend.
func CloudFormation(p *Plan) string {
	c := template{ids: map[string]bool{}}
	head(&c.b, p, "cloudformation")
	c.line(0, "AWSTemplateFormatVersion: '2010-09-09'")
	c.line(0, "Description: "+yamlText(p.Title+"."))
	c.parameters(p)
	c.line(0, "")
	c.line(0, "Resources:")
	if p.Trail != nil {
		c.trail(p.Trail)
	}
	if p.Topic != "" {
		c.topic(p)
	}
	renewed := map[string]string{}
	for _, t := range p.Renewed {
		renewed[t.ARN] = logicalID(t.Key)
		c.open(logicalID(t.Key), "AWS::SNS::Topic")
		c.line(6, "TopicName: "+yamlText(t.Name()))
	}
	for i := range p.Policies {
		c.policy(&p.Policies[i])
	}
	for _, s := range p.Subscribers {
		c.subscriber(s, renewed)
	}
	for i := range p.Filters {
		c.filter(p, &p.Filters[i])
	}
	for i := range p.Alarms {
		c.alarm(&p.Alarms[i])
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		c.line(0, "")
		comment(&c.b, "  ", "No stack can do this for what it did not make: "+s.Control+": "+s.Text)
		for line := range strings.Lines(s.command()) {
			c.line(2, "#   "+plain(strings.TrimRight(line, "\n")))
		}
	}
	if p.Topic != "" {
		c.line(0, "")
		c.line(0, "Outputs:")
		c.line(2, "TopicArn:")
		c.line(4, "Description: Topic that the alarms publish to.")
		c.line(4, "Value: !Ref NoticesTopic")
	}
	return strings.Replace(c.b.String(), "Resources:\n\n", "Resources:\n", 1)
}

// A template is a CloudFormation template being written.
type template struct {
	b strings.Builder
	// ids are the logical ids that are taken.
	ids map[string]bool
}

func (c *template) line(indent int, text string) {
	c.b.WriteString(strings.Repeat(" ", indent) + text + "\n")
}

// open begins a resource; its properties come next.
func (c *template) open(id, kind string, notes ...string) {
	for base, n := id, 2; c.ids[id]; n++ { // a-1 and a1 are the same without the hyphen
		id = base + "No" + strconv.Itoa(n)
	}
	c.ids[id] = true
	c.line(0, "")
	comment(&c.b, "  ", notes...)
	c.line(2, id+":")
	c.line(4, "Type: "+kind)
	c.line(4, "Properties:")
}

// text writes a property that is a text.
func (c *template) text(indent int, name, value string) { c.line(indent, name+": "+yamlText(value)) }

// logicalID is a key in the form that CloudFormation wants: letters and digits.
func logicalID(key string) string {
	var b strings.Builder
	up := true
	for _, r := range key {
		switch {
		case 'a' <= r && r <= 'z' && up:
			b.WriteRune(r - 'a' + 'A')
			up = false
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			b.WriteRune(r)
			up = false
		default:
			up = true
		}
	}
	return b.String()
}

// mails are the plan's own subscribers by mail.
func (p *Plan) mails() []Subscriber {
	var all []Subscriber
	for _, s := range p.Subscribers {
		if s.Topic == "" && s.Protocol == "email" {
			all = append(all, s)
		}
	}
	if len(all) == 0 && p.Topic != "" {
		all = append(all, Subscriber{Key: "email", Protocol: "email"})
	}
	return all
}

// mailID is the parameter of the n-th of them.
func mailID(n int) string {
	if n == 0 {
		return "NotificationEmail"
	}
	return "NotificationEmail" + strconv.Itoa(n+1)
}

func (c *template) parameters(p *Plan) {
	group := p.asksForLogGroup() || p.Trail != nil
	mails := p.mails()
	if !group && len(mails) == 0 {
		return
	}
	c.line(0, "")
	c.line(0, "Parameters:")
	if group {
		c.line(2, "LogGroupName:")
		c.line(4, "Type: String")
		if p.Trail != nil {
			c.line(4, "Description: Name of the log group that the trail is to deliver to.")
		} else {
			c.line(4, "Description: Name of the log group that the trail delivers to.")
		}
		c.line(4, "AllowedPattern: '^[A-Za-z0-9._/#-]{1,512}$'")
		if p.LogGroup != "" {
			c.text(4, "Default", p.LogGroup)
		}
	}
	for i, s := range mails {
		c.line(2, mailID(i)+":")
		c.line(4, "Type: String")
		c.line(4, "Description: Who is mailed when an alarm rings, empty for nobody. The link in the mail that asks for a confirmation has to be followed.")
		c.line(4, "Default: "+quotedYAML(s.Endpoint))
	}
	if len(mails) > 0 {
		c.line(0, "")
		c.line(0, "Conditions:")
		for i := range mails {
			c.line(2, "Has"+mailID(i)+": !Not [!Equals [!Ref "+mailID(i)+", '']]")
		}
	}
}

// quotedYAML is a text in quotes, also when it is empty.
func quotedYAML(text string) string {
	if text == "" {
		return "''"
	}
	return yamlText(text)
}

func (c *template) topic(p *Plan) {
	c.open("NoticesTopic", "AWS::SNS::Topic")
	c.text(6, "TopicName", p.Topic)
	c.open("NoticesTopicPolicy", "AWS::SNS::TopicPolicy")
	c.b.WriteString(`      Topics:
        - !Ref NoticesTopic
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Sid: AllowAlarmsToPublish
            Effect: Allow
            Principal:
              Service: cloudwatch.amazonaws.com
            Action: sns:Publish
            Resource: !Ref NoticesTopic
            Condition:
              StringEquals:
                aws:SourceAccount: !Ref AWS::AccountId
`)
	for i := range p.mails() {
		c.line(0, "")
		c.line(2, "NoticesTo"+mailID(i)+":")
		c.line(4, "Type: AWS::SNS::Subscription")
		c.line(4, "Condition: Has"+mailID(i))
		c.line(4, "Properties:")
		c.line(6, "TopicArn: !Ref NoticesTopic")
		c.line(6, "Protocol: email")
		c.line(6, "Endpoint: !Ref "+mailID(i))
	}
}

// subscriber writes who is told, but for those by mail of the plan's own topic.
// renewed are the resources of topics that are made again.
func (c *template) subscriber(s Subscriber, renewed map[string]string) {
	if s.Topic == "" && s.Protocol == "email" {
		return
	}
	var notes []string
	if s.Protocol == "sqs" {
		notes = append(notes, "The queue's own policy has to let the topic send.")
	}
	c.open("NoticesTo"+logicalID(s.Key), "AWS::SNS::Subscription", notes...)
	switch {
	case s.Topic == "":
		c.line(6, "TopicArn: !Ref NoticesTopic")
	case renewed[s.Topic] != "":
		c.line(6, "TopicArn: !Ref "+renewed[s.Topic])
	default:
		c.text(6, "TopicArn", s.Topic)
	}
	c.text(6, "Protocol", s.Protocol)
	c.text(6, "Endpoint", s.Endpoint)
}

func (c *template) filter(p *Plan, f *Filter) {
	c.open(logicalID(f.Key)+"Filter", "AWS::Logs::MetricFilter", f.Notes...)
	c.text(6, "FilterName", f.Name)
	switch {
	case f.LogGroup != "":
		c.text(6, "LogGroupName", f.LogGroup)
	case p.Trail != nil:
		c.line(6, "LogGroupName: !Ref TrailLogGroup")
	default:
		c.line(6, "LogGroupName: !Ref LogGroupName")
	}
	c.text(6, "FilterPattern", f.Pattern)
	c.line(6, "MetricTransformations:")
	c.text(8, "- MetricNamespace", f.Namespace)
	c.text(10, "MetricName", f.Metric)
	c.line(10, "MetricValue: "+quotedNumber(f.Value))
	if f.Default != nil {
		c.line(10, "DefaultValue: "+number(*f.Default))
	}
	if f.Unit != "" {
		c.text(10, "Unit", f.Unit)
	}
}

// quotedNumber is a text that looks like a number and is wanted as a text.
func quotedNumber(value string) string {
	if text := yamlText(value); text != value {
		return text
	}
	return "'" + value + "'"
}

func (c *template) alarm(a *Alarm) {
	c.open(logicalID(a.Key)+"Alarm", "AWS::CloudWatch::Alarm", a.Notes...)
	c.text(6, "AlarmName", a.Name)
	if a.Description != "" {
		c.text(6, "AlarmDescription", a.Description)
	}
	c.text(6, "Namespace", a.Namespace)
	c.text(6, "MetricName", a.Metric)
	if plainStatistics[a.Statistic] {
		c.text(6, "Statistic", a.Statistic)
	} else {
		c.text(6, "ExtendedStatistic", a.Statistic)
	}
	c.line(6, "Period: "+strconv.Itoa(a.Period))
	c.line(6, "EvaluationPeriods: "+strconv.Itoa(a.EvaluationPeriods))
	if a.DatapointsToAlarm > 0 {
		c.line(6, "DatapointsToAlarm: "+strconv.Itoa(a.DatapointsToAlarm))
	}
	if a.Unit != "" {
		c.text(6, "Unit", a.Unit)
	}
	c.text(6, "ComparisonOperator", a.Comparison)
	c.line(6, "Threshold: "+number(a.Threshold))
	c.text(6, "TreatMissingData", a.TreatMissingData)
	actions := a.Actions
	if a.Notify {
		actions = append(actions[:len(actions):len(actions)], "")
	}
	c.list(6, "AlarmActions", actions)
	c.list(6, "OKActions", a.OKActions)
	c.list(6, "InsufficientDataActions", a.NoDataActions)
}

// list writes ARNs, "" for the plan's own topic.
func (c *template) list(indent int, name string, arns []string) {
	if len(arns) == 0 {
		return
	}
	c.line(indent, name+":")
	for _, arn := range arns {
		if arn == "" {
			c.line(indent+2, "- !Ref NoticesTopic")
		} else {
			c.line(indent+2, "- "+yamlText(arn))
		}
	}
}

// policy writes the policy of a topic that is there.
func (c *template) policy(t *TopicPolicy) {
	c.open(logicalID(t.Key), "AWS::SNS::TopicPolicy")
	c.line(6, "Topics:")
	c.line(8, "- "+yamlText(t.Topic))
	v, err := readJSON(t.Policy)
	if err != nil {
		v = map[string]any{} // Mend refuses what is no JSON
	}
	c.b.WriteString("      PolicyDocument:" + yamlBelow("      ", v))
}

// TooLong tells whether a template is too long to be given to CloudFormation but
// by way of a bucket.
func TooLong(text string) bool { return len(text) > maxTemplate }

// maxTemplate is CloudFormation's limit on TemplateBody, in bytes.
const maxTemplate = 51_200

// trail writes the chain before the log group. The bucket, with the log files in
// it, outlives the stack.
func (c *template) trail(t *Trail) {
	data := ""
	if t.Data {
		data = `      EventSelectors:
        - ReadWriteType: All
          IncludeManagementEvents: true
          DataResources:
            - Type: AWS::S3::Object
              Values:
                - !Sub arn:${AWS::Partition}:s3
`
	}
	fmt.Fprintf(&c.b, `
  # The log files outlive the stack.
  TrailBucket:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      BucketName: !Sub %[2]s-${AWS::AccountId}
      PublicAccessBlockConfiguration:
        BlockPublicAcls: true
        BlockPublicPolicy: true
        IgnorePublicAcls: true
        RestrictPublicBuckets: true
      VersioningConfiguration:
        Status: Enabled

  TrailBucketPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref TrailBucket
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Sid: AllowTrailToCheckTheACL
            Effect: Allow
            Principal:
              Service: cloudtrail.amazonaws.com
            Action: s3:GetBucketAcl
            Resource: !GetAtt TrailBucket.Arn
            Condition:
              ArnLike:
                aws:SourceArn: !Sub arn:${AWS::Partition}:cloudtrail:*:${AWS::AccountId}:trail/%[1]s
          - Sid: AllowTrailToWrite
            Effect: Allow
            Principal:
              Service: cloudtrail.amazonaws.com
            Action: s3:PutObject
            Resource: !Sub ${TrailBucket.Arn}/AWSLogs/${AWS::AccountId}/*
            Condition:
              StringEquals:
                s3:x-amz-acl: bucket-owner-full-control
              ArnLike:
                aws:SourceArn: !Sub arn:${AWS::Partition}:cloudtrail:*:${AWS::AccountId}:trail/%[1]s

  TrailLogGroup:
    Type: AWS::Logs::LogGroup
    Properties:
      LogGroupName: !Ref LogGroupName
      RetentionInDays: %[4]d

  TrailToLogsRole:
    Type: AWS::IAM::Role
    Properties:
      RoleName: %[3]s
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal:
              Service: cloudtrail.amazonaws.com
            Action: sts:AssumeRole
      Policies:
        - PolicyName: deliver
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - Effect: Allow
                Action:
                  - logs:CreateLogStream
                  - logs:PutLogEvents
                Resource: !GetAtt TrailLogGroup.Arn

  Trail:
    Type: AWS::CloudTrail::Trail
    DependsOn: TrailBucketPolicy
    Properties:
      TrailName: %[1]s
      S3BucketName: !Ref TrailBucket
      IsLogging: true
      IsMultiRegionTrail: true
      IncludeGlobalServiceEvents: true
      EnableLogFileValidation: true
      CloudWatchLogsLogGroupArn: !GetAtt TrailLogGroup.Arn
      CloudWatchLogsRoleArn: !GetAtt TrailToLogsRole.Arn
%[5]s`, t.Name, t.Bucket, t.Role, t.Retention, data)
}
