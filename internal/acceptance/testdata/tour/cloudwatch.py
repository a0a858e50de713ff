"""The tour of CloudWatch: what metrics say, alarms of all kinds, and who is told. Twice
in the protocol that boto3 prefers and once in each of the others, in Regions of their own."""

import datetime
import json
import sys

from tour import ACCOUNT, client, eventually, knows, pages, refused, same


def tour(protocol, region):
    cw, sns, logs, iam = client("cloudwatch", protocol, region_name=region), client("sns", region_name=region), client("logs", region_name=region), client("iam")
    if protocol:
        same(cw.meta.service_model.resolved_protocol, protocol)
    at = lambda kind, name: f"arn:aws:cloudwatch:{region}:{ACCOUNT}:{kind}:{name}"
    now = datetime.datetime.now(datetime.timezone.utc)
    minute = now.replace(second=0, microsecond=0) - datetime.timedelta(minutes=10)
    hour = {"StartTime": now - datetime.timedelta(hours=1), "EndTime": now + datetime.timedelta(minutes=1)}

    # Metrics.
    dimensions = [{"Name": "Host", "Value": "a"}]
    cw.put_metric_data(Namespace="Tour", MetricData=[
        {"MetricName": "Load", "Dimensions": dimensions, "Timestamp": minute + datetime.timedelta(minutes=i), "Value": 1.5 * i, "Unit": "Percent"} for i in range(4)])
    cw.put_metric_data(Namespace="Tour", MetricData=[
        {"MetricName": "Sizes", "Timestamp": minute, "Values": [1, 2, 10], "Counts": [5, 3, 2], "Unit": "Bytes"},
        {"MetricName": "Sets", "Timestamp": minute, "StatisticValues": {"SampleCount": 4, "Sum": 10, "Minimum": 1, "Maximum": 6}},
        *({"MetricName": f"Other{i}", "Value": i} for i in range(3))])
    with refused(cw.exceptions.InvalidParameterValueException):
        cw.put_metric_data(Namespace=":tour", MetricData=[{"MetricName": "m", "Value": 1}])
    with refused(cw.exceptions.InvalidParameterCombinationException):
        cw.put_metric_data(Namespace="Tour", MetricData=[{"MetricName": "m", "Value": 1, "Values": [1]}])
    listed = [m["MetricName"] for page in cw.get_paginator("list_metrics").paginate(Namespace="Tour") for m in page["Metrics"]]
    same(sorted(listed), ["Load", "Other0", "Other1", "Other2", "Sets", "Sizes"])
    same(cw.list_metrics(Namespace="Tour", Dimensions=[{"Name": "Host"}])["Metrics"], [{"Namespace": "Tour", "MetricName": "Load", "Dimensions": dimensions}])
    points = cw.get_metric_statistics(Namespace="Tour", MetricName="Load", Dimensions=dimensions, Period=60, Statistics=["Sum", "Average"], Unit="Percent", **hour)
    same((points["Label"], sorted(p["Sum"] for p in points["Datapoints"])), ("Load", [0, 1.5, 3, 4.5]))
    same(min(p["Timestamp"] for p in points["Datapoints"]), minute)
    sizes = cw.get_metric_statistics(Namespace="Tour", MetricName="Sizes", Period=3600, Statistics=["SampleCount", "Sum", "Minimum", "Maximum"], **hour)["Datapoints"]
    same([sum(p[s] for p in sizes) for s in ("SampleCount", "Sum", "Minimum", "Maximum")], [10, 31, 1, 10])
    half = cw.get_metric_statistics(Namespace="Tour", MetricName="Sizes", Period=3600, ExtendedStatistics=["p50", "tm90"], **hour)["Datapoints"][0]
    assert 1 <= half["ExtendedStatistics"]["p50"] <= 2, half
    with refused(cw.exceptions.InvalidParameterValueException):
        cw.get_metric_statistics(Namespace="Tour", MetricName="Load", Period=60, Statistics=["Sum"], StartTime=now, EndTime=now - datetime.timedelta(hours=1))
    load = {"Metric": {"Namespace": "Tour", "MetricName": "Load", "Dimensions": dimensions}, "Period": 60, "Stat": "Sum"}
    queries = [{"Id": "load", "MetricStat": load, "ReturnData": False}, {"Id": "doubled", "Expression": "load * 2", "Label": "twice"},
               {"Id": "total", "Expression": "SUM(METRICS())"}]
    data = {}
    for page in cw.get_paginator("get_metric_data").paginate(MetricDataQueries=queries, ScanBy="TimestampAscending", PaginationConfig={"PageSize": 2}, **hour):
        for r in page["MetricDataResults"]:
            data.setdefault(r["Id"], []).extend(r["Values"])
    same(data, {"doubled": [0, 3, 6, 9], "total": [0, 1.5, 3, 4.5]})
    with refused("ValidationError", message="Error in expression 'broken'"):
        cw.get_metric_data(MetricDataQueries=[{"Id": "broken", "Expression": "SUM("}], **hour)
    image = cw.get_metric_widget_image(MetricWidget=json.dumps({"metrics": [["Tour", "Load", "Host", "a"]], "width": 300, "height": 200}))["MetricWidgetImage"]
    same(image[:8], b"\x89PNG\r\n\x1a\n")

    # Metric alarms.
    topic = sns.create_topic(Name="alarms-of-tour")["TopicArn"]
    alarm = dict(Namespace="Tour", MetricName="Rings", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1,
                 ComparisonOperator="GreaterThanOrEqualToThreshold", TreatMissingData="notBreaching")
    cw.put_metric_alarm(AlarmName="rings", AlarmDescription="of the tour", AlarmActions=[topic], Tags=[{"Key": "team", "Value": "security"}], **alarm)
    for i in range(3):
        cw.put_metric_alarm(AlarmName=f"other-{i}", **alarm)
    cw.put_metric_alarm(AlarmName="math", ComparisonOperator="GreaterThanThreshold", Threshold=3, EvaluationPeriods=1, Metrics=[
        {"Id": "load", "MetricStat": load, "ReturnData": False}, {"Id": "half", "Expression": "load / 2", "Label": "half of the load"}])
    cw.get_waiter("alarm_exists").wait(AlarmNames=["rings"], WaiterConfig={"Delay": 1, "MaxAttempts": 3})
    with refused("ValidationError"):
        cw.put_metric_alarm(AlarmName="broken", **dict(alarm, Period=61))
    same([a["AlarmName"] for a in pages(cw, "describe_alarms", "MetricAlarms")], ["math", "other-0", "other-1", "other-2", "rings"])
    told = cw.describe_alarms(AlarmNames=["rings"])["MetricAlarms"][0]
    same((told["AlarmArn"], told["StateValue"] in ("INSUFFICIENT_DATA", "OK"), told["AlarmActions"], told["Threshold"]), (at("alarm", "rings"), True, [topic], 1))
    same({a["AlarmName"] for a in cw.describe_alarms_for_metric(Namespace="Tour", MetricName="Rings")["MetricAlarms"]}, {"rings", "other-0", "other-1", "other-2"})
    cw.disable_alarm_actions(AlarmNames=["other-0"])
    same(cw.describe_alarms(AlarmNames=["other-0"])["MetricAlarms"][0]["ActionsEnabled"], False)
    cw.enable_alarm_actions(AlarmNames=["other-0"])
    same(cw.describe_alarms(AlarmNames=["other-0"])["MetricAlarms"][0]["ActionsEnabled"], True)
    same(cw.describe_alarm_contributors(AlarmName="rings")["AlarmContributors"], [])

    # It rings, and all that hangs on it.
    cw.put_composite_alarm(AlarmName="both", AlarmRule='ALARM("rings") AND NOT ALARM("math")', AlarmActions=[topic])
    cw.get_waiter("composite_alarm_exists").wait(AlarmNames=["both"], AlarmTypes=["CompositeAlarm"], WaiterConfig={"Delay": 1, "MaxAttempts": 3})
    with refused("ValidationError"):
        cw.put_composite_alarm(AlarmName="broken", AlarmRule="ALARM(")
    cw.put_metric_data(Namespace="Tour", MetricData=[{"MetricName": "Rings", "Value": 2}])
    ringing = lambda: cw.describe_alarms(AlarmNames=["rings", "both"], AlarmTypes=["MetricAlarm", "CompositeAlarm"], StateValue="ALARM")
    rang = eventually("both alarms ring", lambda: (r := ringing())["MetricAlarms"] and r["CompositeAlarms"] and r)
    assert rang["MetricAlarms"][0]["StateReason"].startswith("Threshold Crossed: 1 datapoint [2.0 ("), rang
    same(json.loads(rang["MetricAlarms"][0]["StateReasonData"])["recentDatapoints"], [2.0])
    same([a["AlarmName"] for a in cw.describe_alarms(ChildrenOfAlarmName="both")["MetricAlarms"]], ["math", "rings"])
    same([a["AlarmName"] for a in cw.describe_alarms(ParentsOfAlarmName="rings")["CompositeAlarms"]], ["both"])
    cw.set_alarm_state(AlarmName="math", StateValue="ALARM", StateReason="rehearsed")
    eventually("the composite alarm goes by its other child", lambda: ringing()["CompositeAlarms"] == [])
    cw.set_alarm_state(AlarmName="other-1", StateValue="INSUFFICIENT_DATA", StateReason="rehearsed")
    with refused(cw.exceptions.ResourceNotFound):
        cw.set_alarm_state(AlarmName="missing", StateValue="ALARM", StateReason="rehearsed")
    history = pages(cw, "describe_alarm_history", "AlarmHistoryItems", at_most=1, AlarmName="other-1", ScanBy="TimestampAscending")
    assert {"ConfigurationUpdate", "StateUpdate"} <= {h["HistoryItemType"] for h in history}, history
    acted = eventually("the topic is told", lambda: cw.describe_alarm_history(AlarmName="rings", HistoryItemType="Action")["AlarmHistoryItems"])
    assert "Successfully executed action " + topic in acted[0]["HistorySummary"], acted

    # Mute rules.
    for name in ("night", "works", "noon"):
        cw.put_alarm_mute_rule(Name=name, Rule={"Schedule": {"Expression": "cron(0 3 * * *)", "Duration": "PT1H", "Timezone": "Europe/Berlin"}}, MuteTargets={"AlarmNames": ["other-2"]})
    cw.get_waiter("alarm_mute_rule_exists").wait(AlarmMuteRuleName="night", WaiterConfig={"Delay": 1, "MaxAttempts": 3})
    rule = cw.get_alarm_mute_rule(AlarmMuteRuleName="night")
    same((rule["Rule"]["Schedule"]["Duration"], rule["MuteTargets"], rule["MuteType"]), ("PT1H", {"AlarmNames": ["other-2"]}, "RECURRING"))
    same([r["AlarmMuteRuleArn"] for r in pages(cw, "list_alarm_mute_rules", "AlarmMuteRuleSummaries")], [at("alarm-mute-rule", n) for n in ("night", "noon", "works")])
    with refused("ValidationError"):
        cw.put_alarm_mute_rule(Name="broken", Rule={"Schedule": {"Expression": "now", "Duration": "PT1H"}})
    for name in ("night", "works", "noon"):
        cw.delete_alarm_mute_rule(AlarmMuteRuleName=name)
    with refused(cw.exceptions.ResourceNotFoundException):
        cw.get_alarm_mute_rule(AlarmMuteRuleName="night")

    # Log alarms.
    logs.create_log_group(logGroupName="/tour/log-alarm")
    role = iam.create_role(RoleName=f"queries-{region}", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "logs.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))["Role"]["Arn"]
    iam.put_role_policy(RoleName=f"queries-{region}", PolicyName="queries", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["logs:StartQuery", "logs:GetQueryResults"], "Resource": "*"}]}))
    if knows(cw, "PutLogAlarm"):
        cw.put_log_alarm(AlarmName="errors", ComparisonOperator="GreaterThanThreshold", Threshold=0, QueryResultsToEvaluate=1, QueryResultsToAlarm=1,
                         TreatMissingData="notBreaching", ScheduledQueryConfiguration={
                             "QueryString": 'filter @message like "ERROR"', "AggregationExpression": "count(*)", "LogGroupIdentifiers": ["/tour/log-alarm"],
                             "ScheduledQueryRoleARN": role, "ScheduleConfiguration": {"ScheduleExpression": "rate(5 minutes)", "StartTimeOffset": 300}})
        same([(a["AlarmName"], a["ScheduledQueryConfiguration"]["QueryString"]) for a in cw.describe_alarms(AlarmTypes=["LogAlarm"])["LogAlarms"]],
             [("errors", 'filter @message like "ERROR"')])
        cw.delete_alarms(AlarmNames=["errors"])

    # Dashboards.
    for name in ("one", "two"):
        body = json.dumps({"widgets": [{"type": "text", "x": 0, "y": 0, "width": 6, "height": 6, "properties": {"markdown": name}}]})
        same(cw.put_dashboard(DashboardName=f"{name}-{region}", DashboardBody=body).get("DashboardValidationMessages", []), [])
    same(json.loads(cw.get_dashboard(DashboardName=f"two-{region}")["DashboardBody"])["widgets"][0]["properties"]["markdown"], "two")
    assert {f"one-{region}", f"two-{region}"} <= {d["DashboardName"] for page in cw.get_paginator("list_dashboards").paginate() for d in page["DashboardEntries"]}
    cw.delete_dashboards(DashboardNames=[f"one-{region}", f"two-{region}"])
    with refused("ResourceNotFound", message="does not exist"):
        cw.get_dashboard(DashboardName=f"two-{region}")

    # Tags.
    arn = at("alarm", "rings")
    cw.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "b"}])
    cw.untag_resource(ResourceARN=arn, TagKeys=["team"])
    same(cw.list_tags_for_resource(ResourceARN=arn)["Tags"], [{"Key": "a", "Value": "b"}])
    with refused(cw.exceptions.ResourceNotFoundException):
        cw.list_tags_for_resource(ResourceARN=at("alarm", "missing"))

    with refused("InvalidParameterCombination"):
        cw.describe_alarms(AlarmNames=["rings"], AlarmNamePrefix="r")
    cw.delete_alarms(AlarmNames=["both"])
    cw.delete_alarms(AlarmNames=["rings", "math", "other-0", "other-1", "other-2"])
    left = cw.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    same((left["MetricAlarms"], left["CompositeAlarms"]), ([], []))
    sns.delete_topic(TopicArn=topic)
    logs.delete_log_group(logGroupName="/tour/log-alarm")


tour(None, "eu-central-1")
for i, protocol in enumerate(("smithy-rpc-v2-cbor", "json", "query")):
    try:
        tour(protocol, f"us-west-{i + 1}" if i < 2 else "eu-west-1")
    except BaseException:
        print("in the protocol", protocol, file=sys.stderr)
        raise
