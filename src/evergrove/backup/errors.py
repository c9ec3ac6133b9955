"""What can go wrong with a backup, and the way out."""

from __future__ import annotations

from evergrove.core import EvergroveError, EvergroveWarning, InputError, _


class BackupExists(InputError):
    """Something stands already where the backup was to go."""

    code = "backup.exists"
    message = _("There is already something at {to}; a backup replaces nothing.")
    hint = _(
        "Name a new file or folder, or an existing folder that is to hold backups named by their moment."
    )


class BackupInside(InputError):
    """The backup would lie in the very folder that it saves."""

    code = "backup.inside"
    message = _("{to} lies in the workspace itself: whoever loses the one loses the other.")
    hint = _("Name a place outside of {folder}, on another disk if there is one.")


class NotWrittenBackup(EvergroveError):
    """The disk refused."""

    code = "backup.not_written"
    message = _("The backup could not be written to {to}: {reason}.")
    hint = _("Nothing was left behind. Free some space, mend the permissions or name another place.")


class SourceDamaged(EvergroveError):
    """What was to be saved is not what was written."""

    code = "backup.source_damaged"
    message = _("{path} in the warehouse is missing or not what was written, so no backup was made.")
    hint = _(
        "A backup of it would hide the damage: see evergrove doctor --deep, and restore an older backup."
    )


class NotABackup(InputError):
    """Neither an archive nor a folder that a backup has written."""

    code = "backup.not_a_backup"
    message = _("{origin} is no backup of Evergrove: {reason}.")
    hint = _("Give the .tar.zst, the .tar or the folder that evergrove backup has written.")


class DamagedBackup(InputError):
    """Bytes are missing, added or changed, or something is inside that no backup writes."""

    code = "backup.damaged"
    message = _("The backup {origin} is damaged or was changed: {reason}.")
    hint = _("Nothing of it was used. Take another copy of it, or an older backup.")


class UnknownBackupFormat(InputError):
    """Another version wrote it in a way that this one does not read."""

    code = "backup.unknown_format"
    message = _("The backup {origin} has the format {found}; this version reads {known}.")
    hint = _("Install the version that wrote it, or a newer one.")


class PassphraseNeeded(InputError):
    """A backup is encrypted, and nothing that opens it was given."""

    code = "backup.passphrase_needed"
    message = _("{origin} is encrypted.")
    hint = _("Give what it was made with: --passphrase-file FILE, or --passphrase to be asked for it.")


class WrongPassphrase(InputError):
    """A backup was encrypted with something else."""

    code = "backup.wrong_passphrase"
    message = _("{origin} does not open with this passphrase or key.")
    hint = _("Give the one it was made with. Nobody can open it without.")


class PassphraseTooShort(InputError):
    """What is to encrypt a backup could be found by trying."""

    code = "backup.passphrase_too_short"
    message = _("The passphrase or key from {file} has fewer than {least} characters.")
    hint = _("Take several words, or a key file: head -c 32 /dev/urandom | base64 > FILE.")


class PassphraseUnreadable(InputError):
    """The file with a passphrase or key cannot be read."""

    code = "backup.passphrase_unreadable"
    message = _("{file} cannot be read as a passphrase or key: {reason}.")
    hint = _("Name a file that holds the passphrase, or a key of at most 4,096 bytes.")


class EncryptedFolder(InputError):
    """An encrypted backup was to become a folder."""

    code = "backup.encrypted_folder"
    message = _("An encrypted backup is one file, and {to} would be a folder.")
    hint = _("Name a file that ends with .tar.zst, or an existing folder that holds backups by their moment.")


class NoRoom(InputError):
    """The disk has less free space than is needed."""

    code = "backup.no_room"
    message = _("{needed} MB are needed at {where}, and {free} MB are free.")
    hint = _("Nothing was changed. Free some space, or name another place.")


class FolderTaken(InputError):
    """Something stands where the workspace was to be restored."""

    code = "backup.folder_taken"
    message = _("{folder} is not empty, so nothing was restored into it.")
    hint = _(
        "Name another folder; or give --force, which puts the restored workspace in its place and keeps the old one beside it."
    )


class OtherWorkspace(InputError):
    """The folder to be replaced holds another shop's workspace, or none at all."""

    code = "backup.other_workspace"
    message = _("{folder} does not hold the workspace that {origin} is a backup of.")
    hint = _("Only a workspace is replaced by its own backup: name another folder.")


class LedgerNotNamed(InputError):
    """The saved workspace had its ledger in PostgreSQL; where it goes now nobody has said."""

    code = "backup.ledger_not_named"
    message = _("The ledger in {origin} comes from PostgreSQL; say where it goes now.")
    hint = _("Give --ledger with the URL of an empty database, or --ledger sqlite to keep it in the folder.")


class LedgerNotEmpty(InputError):
    """The database to restore into holds tables."""

    code = "backup.ledger_not_empty"
    message = _("The database at {where} holds tables already, and a restore replaces none.")
    hint = _(
        "Create an empty database and name it with --ledger. A restore that broke off can leave a filled one behind: drop that one."
    )


class LedgerElsewhere(InputError):
    """The environment would make every command open another ledger than the restored one."""

    code = "backup.ledger_elsewhere"
    message = _("{variable} names another ledger than the one to be restored.")
    hint = _("Unset it, or give the same URL with --ledger.")


class SettingsNotChanged(InputError):
    """The saved evergrove.toml is written in a way in which the ledger's place cannot be replaced."""

    code = "backup.settings_not_changed"
    message = _("{setting} cannot be set in the evergrove.toml of {origin}.")
    hint = _("Write it on a line of its own under [workspace] before the next backup.")


class ErasuresUnreadable(InputError):
    """The list of the erased says nothing that can be understood, or belongs to another workspace."""

    code = "backup.erasures_unreadable"
    message = _("{file} is no list of erasures of this workspace: {reason}.")
    hint = _(
        "Without it whoever was erased after the backup would be known again; give the right file with --tombstones."
    )


class ErasuresNotWritten(EvergroveError):
    """The list of the erased beside the key cannot be written."""

    code = "backup.erasures_not_written"
    message = _("The list of erasures {file} could not be written: {reason}.")
    hint = _("Nobody was erased: an older backup would bring the person back. Mend that, and erase again.")


class NoErasures(EvergroveWarning):
    """A restore found no list of the erased."""

    code = "backup.no_erasures"
    message = _("No list of erasures was found at {file}.")
    hint = _(
        "Whoever was erased after {made_at} is known again: give the list with --tombstones, or erase them again."
    )


class SchemaInBackup(EvergroveWarning):
    """The saved ledger is older than this version."""

    code = "backup.older_schema"
    message = _("The ledger in the backup has schema {found}; this version needs {known}.")
    hint = _("A restore brings it up to date.")


class KeyNotTried(EvergroveWarning):
    """A backup was verified without its key."""

    code = "backup.key_not_tried"
    message = _("The master key {file} is not at hand, so it was not tried on the personal data.")
    hint = _(
        "Without it nobody can open them, and the restored workspace does not open: look for your copy of it now."
    )


class NotReplayed(EvergroveWarning):
    """The newest night was not computed anew."""

    code = "backup.not_replayed"
    message = _("The newest night was not computed anew: {reason}.")
    hint = _("evergrove replay does it in the restored workspace.")


class NightDiffers(EvergroveWarning):
    """The newest night comes out differently."""

    code = "backup.night_differs"
    message = _("The night as of {as_of}, computed anew from the backup, differs in {tables}.")
    hint = _("Have settings changed since, or the version of Evergrove? The files themselves are whole.")
