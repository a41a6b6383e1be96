/** One value per alert, for the `capacity` alerts that were touched last. */
export class RecentByAlert<T> {
  private readonly values = new Map<string, T>();
  private readonly capacity: number;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get(alertId: string): T | undefined {
    return this.values.get(alertId);
  }

  set(alertId: string, value: T): void {
    this.values.delete(alertId);
    this.values.set(alertId, value);
    if (this.values.size <= this.capacity) return;
    const oldest = this.values.keys().next();
    if (oldest.done !== true) this.values.delete(oldest.value);
  }
}
