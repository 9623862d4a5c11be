import { UnsupportedTemplate } from "./errors.ts";
import type { Properties } from "./properties.ts";
import { arn, nameInArn, type Resources } from "./resources.ts";
import type { Application, AuthorizerDefinition, FunctionDefinition, RouteDefinition } from "./stack.ts";

/**
 * Functions, routes, event source mappings and schedules of a template.
 * @throws UnsupportedTemplate
 */
export function readApplication(
  resources: Resources,
  directoryOf: (logicalId: string) => string,
): Application {
  const functions = readFunctions(resources, directoryOf);
  const names = new Set(functions.map(({ name }) => name));
  // A function is named by its ARN, and by URIs that have the ARN inside.
  const functionIn = (text: string, logicalId: string): string => {
    const name = nameInArn(text.replace(/\/invocations$/, ""));
    if (!names.has(name))
      throw new UnsupportedTemplate(logicalId, "its target is not a function of this template");
    return name;
  };
  return {
    functions,
    routes: readRoutes(resources, functionIn),
    mappings: resources
      .ofType("AWS::Lambda::EventSourceMapping")
      .filter((mapping) => mapping.value("Enabled") !== false)
      .map((mapping) => {
        const queueArn = mapping.text("EventSourceArn");
        if (!queueArn.startsWith(arn("sqs", ""))) {
          throw new UnsupportedTemplate(mapping.logicalId, "the local runtime knows no event source but SQS");
        }
        const functionName = functionIn(mapping.text("FunctionName"), mapping.logicalId);
        const { logicalId } = functions.find(({ name }) => name === functionName)!;
        return {
          queueArn,
          queueName: nameInArn(queueArn),
          functionName,
          batchSize: mapping.number("BatchSize", 10),
          windowSeconds: mapping.number("MaximumBatchingWindowInSeconds", 0),
          reportsItemFailures: mapping.list("FunctionResponseTypes").includes("ReportBatchItemFailures"),
          maximumConcurrency: mapping.object("ScalingConfig").number("MaximumConcurrency", 1_000),
          ...(resources.allows(logicalId, "sqs:ChangeMessageVisibility", queueArn) && { pacesItself: true }),
        };
      }),
    schedules: resources
      .ofType("AWS::Scheduler::Schedule")
      .filter((schedule) => schedule.value("State") !== "DISABLED")
      .map((schedule) => {
        const target = schedule.object("Target");
        const name = schedule.text("Name", schedule.logicalId);
        schedule.object("FlexibleTimeWindow").expect("Mode", ["OFF"]);
        return {
          name,
          arn: arn("scheduler", `schedule/${schedule.text("GroupName", "default")}/${name}`),
          expression: schedule.text("ScheduleExpression"),
          timeZone: schedule.text("ScheduleExpressionTimezone", "UTC"),
          functionName: functionIn(target.text("Arn"), schedule.logicalId),
          input: target.text("Input", "{}"),
        };
      }),
  };
}

function readFunctions(
  resources: Resources,
  directoryOf: (logicalId: string) => string,
): FunctionDefinition[] {
  const retries = new Map(
    resources
      .ofType("AWS::Lambda::EventInvokeConfig")
      .map((config) => [nameInArn(config.text("FunctionName")), config.number("MaximumRetryAttempts", 2)]),
  );
  return resources.ofType("AWS::Lambda::Function").map((definition) => {
    const name = definition.text("FunctionName", definition.logicalId);
    if (!definition.text("Runtime", "").startsWith("nodejs")) {
      throw new UnsupportedTemplate(definition.logicalId, "the local runtime runs Node.js only");
    }
    const variables = definition.object("Environment").value("Variables") ?? {};
    return {
      name,
      logicalId: definition.logicalId,
      directory: directoryOf(definition.logicalId),
      handler: definition.text("Handler"),
      environment: Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, String(value)])),
      timeoutSeconds: definition.number("Timeout", 3),
      memoryMegabytes: definition.number("MemorySize", 128),
      retries: retries.get(name) ?? 2,
    };
  });
}

type FunctionIn = (text: string, logicalId: string) => string;

function readRoutes(resources: Resources, functionIn: FunctionIn): RouteDefinition[] {
  const apis = resources.ofType("AWS::ApiGatewayV2::Api");
  if (apis.length > 1)
    throw new UnsupportedTemplate("AWS::ApiGatewayV2::Api", "the local runtime serves one");
  for (const api of apis) api.expect("ProtocolType", ["HTTP"]);
  for (const stage of resources.ofType("AWS::ApiGatewayV2::Stage")) stage.expect("StageName", ["$default"]);
  const authorizers = new Map(
    resources
      .ofType("AWS::ApiGatewayV2::Authorizer")
      .map((each) => [each.logicalId, readAuthorizer(each, functionIn)]),
  );
  return resources.ofType("AWS::ApiGatewayV2::Route").map((route) => {
    const [, integrationId = ""] = route.text("Target").split("/");
    const integration = resources.named(integrationId, "AWS::ApiGatewayV2::Integration");
    integration.expect("IntegrationType", ["AWS_PROXY"]);
    integration.expect("PayloadFormatVersion", ["2.0"]);
    route.expect("AuthorizationType", ["NONE", "CUSTOM"], "NONE");
    const authorizerId = route.text("AuthorizerId", "");
    const authorizer = authorizers.get(authorizerId);
    if (route.value("AuthorizationType") === "CUSTOM" && !authorizer) {
      throw new UnsupportedTemplate(route.logicalId, "its authorizer is not in this template");
    }
    return {
      routeKey: route.text("RouteKey"),
      functionName: functionIn(integration.text("IntegrationUri"), integrationId),
      timeoutMilliseconds: integration.number("TimeoutInMillis", 30_000),
      ...(authorizer && { authorizer }),
    };
  });
}

function readAuthorizer(authorizer: Properties, functionIn: FunctionIn): AuthorizerDefinition {
  authorizer.expect("AuthorizerType", ["REQUEST"]);
  authorizer.expect("AuthorizerPayloadFormatVersion", ["2.0"]);
  authorizer.expect("EnableSimpleResponses", [true]);
  const identitySource = authorizer.list("IdentitySource").map(String);
  const unknown = identitySource.find((source) => !/^\$request\.(header|querystring)\./.test(source));
  if (unknown) throw new UnsupportedTemplate(authorizer.logicalId, `identity source ${unknown} is unknown`);
  return {
    id: authorizer.logicalId,
    functionName: functionIn(authorizer.text("AuthorizerUri"), authorizer.logicalId),
    identitySource,
    timeToLiveSeconds: authorizer.number("AuthorizerResultTtlInSeconds", 300),
  };
}
