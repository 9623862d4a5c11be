import { badRequest } from "../http/problem.ts";
import { isTimeZone } from "../policy/calendar.ts";
import type { ListSettings, SaidOfList } from "../request/check-ins.ts";
import { dateOrders } from "../request/wall-time.ts";

/**
 * How a list is to be read. What is empty was not said.
 * @throws Problem 400 `invalid_time_zone`, `invalid_date_order`
 */
export function listSettings({ event, eventId, eventName, timeZone, dateOrder }: SaidOfList): ListSettings {
  if (timeZone && !isTimeZone(timeZone)) {
    throw badRequest("invalid_time_zone", "timeZone", "an IANA name is needed, for example Europe/Berlin");
  }
  const order = dateOrders.find((one) => one === dateOrder?.toUpperCase());
  if (dateOrder && !order) {
    throw badRequest("invalid_date_order", "dateOrder", `one of ${dateOrders.join(", ")} is needed`);
  }
  return {
    event: { id: eventId, name: eventName || event },
    timeZone: timeZone || undefined,
    dateOrder: order,
  };
}
