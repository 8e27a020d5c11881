export abstract class Controller {}
